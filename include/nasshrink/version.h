/* Version numbers only. Meson reads them from here.
 *
 * Ledger of ABI versions:
 *   0.1  first release: spaces, architectures, tables, supernets, runs and studies.
 */
#ifndef NASSHRINK_VERSION_H_
#define NASSHRINK_VERSION_H_

#define NASSHRINK_VERSION_MAJOR 0
#define NASSHRINK_VERSION_MINOR 1
#define NASSHRINK_VERSION_PATCH 0

/* 0x00MMmmpp, compared with nasshrink_abi_version(). */
#define NASSHRINK_ABI_VERSION \
  ((uint32_t)((NASSHRINK_VERSION_MAJOR << 16) | (NASSHRINK_VERSION_MINOR << 8) | NASSHRINK_VERSION_PATCH))

#endif /* NASSHRINK_VERSION_H_ */
