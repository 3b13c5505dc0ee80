/* nasshrink: search-space shrinking for neural architecture search.
 *
 * The whole public interface, strict C99. Include this header and link with `pkg-config --cflags --libs nasshrink`.
 *
 * Data
 *   Data goes in and comes out as protobuf bytes of the messages in proto/nasshrink/v1 (package nasshrink.v1);
 *   pointers and functions go in sized structs; numbers are plain arguments. Wherever a function takes options as
 *   bytes, NULL with size 0 means the defaults, which the .proto files state, unless its comment asks for them.
 *   Strings are NUL-terminated UTF-8.
 *
 * Status and error
 *   Functions that can fail return a status, and their last parameter `err` receives an error object: NULL if the
 *   caller does not want one, written on failure only, owned by the caller (nasshrink_error_free). Nothing is kept
 *   per thread. Beside the statuses that its comment names, any function that returns a status may return
 *
 *     INVALID_ARGUMENT     a required pointer is NULL, a handle is of another kind or has been freed, bytes are not
 *                          the message they should be, a string is not UTF-8; the error names the parameter or field
 *
 *     RESOURCE_EXHAUSTED   out of memory, or above ContextOptions.memory_limit
 *
 *     FAILED_PRECONDITION  the process is a fork of the one that first used the library
 *
 *     INTERNAL             a fault of the library
 *
 *   Further numbers may be added: read an unknown one as UNKNOWN.
 *
 * Ownership
 *   Outputs come last before `err` and are set to NULL or 0 first, so a failure leaves nothing to free. A handle got
 *   through an `out` parameter belongs to the caller, who releases it once by its nasshrink_<noun>_free; that takes
 *   NULL, runs on any thread and never fails. Pointers that a function returns directly are borrowed from its
 *   argument. Inputs are borrowed for the length of the call. Handles keep what they were made from alive, so they
 *   may be freed in any order.
 *
 * Threads
 *   One of three words stands at every type and function:
 *
 *     immutable          share freely
 *
 *     thread-safe        any number of calls at once
 *
 *     thread-compatible  one call at a time, on any thread; calls that take the handle as const may overlap. A call
 *                        that overlaps another one is answered with FAILED_PRECONDITION
 *
 *   The library installs no signal handler, starts no thread at load, and has nothing to set up or to shut down.
 *
 * Callbacks
 *   They are called on the library's threads, never two of one struct at once. A callback must not throw, and must
 *   not call functions on the handle it was given to, except nasshrink_cancel_trigger and nasshrink_run_cancel.
 *   `destroy` is called exactly once, also when the receiving call fails, and nothing is called after it; only a
 *   struct whose struct_size is refused is left untouched.
 *
 * Versions
 *   Before 1.0 the soname carries the minor version and a new minor version may break; see nasshrink/version.h.
 */
#ifndef NASSHRINK_H_
#define NASSHRINK_H_

#include <stddef.h>
#include <stdint.h>

#include "nasshrink/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NASSHRINK_API __attribute__((visibility("default")))
#define NASSHRINK_MUST_USE __attribute__((warn_unused_result))
#else
#define NASSHRINK_API
#define NASSHRINK_MUST_USE
#endif

/* The canonical codes with their canonical numbers. */
typedef int32_t nasshrink_status;
#define NASSHRINK_OK 0
#define NASSHRINK_CANCELLED 1
#define NASSHRINK_UNKNOWN 2
#define NASSHRINK_INVALID_ARGUMENT 3
#define NASSHRINK_DEADLINE_EXCEEDED 4
#define NASSHRINK_NOT_FOUND 5
#define NASSHRINK_ALREADY_EXISTS 6
#define NASSHRINK_PERMISSION_DENIED 7
#define NASSHRINK_RESOURCE_EXHAUSTED 8
#define NASSHRINK_FAILED_PRECONDITION 9
#define NASSHRINK_ABORTED 10
#define NASSHRINK_OUT_OF_RANGE 11
#define NASSHRINK_UNIMPLEMENTED 12
#define NASSHRINK_INTERNAL 13
#define NASSHRINK_UNAVAILABLE 14
#define NASSHRINK_DATA_LOSS 15
#define NASSHRINK_UNAUTHENTICATED 16

/* What went wrong: a status, one sentence, structured details. Immutable. */
typedef struct nasshrink_error nasshrink_error;
/* Bytes the library hands out. Immutable. */
typedef struct nasshrink_buffer nasshrink_buffer;
/* A one-way latch that stops work. Thread-safe. */
typedef struct nasshrink_cancel nasshrink_cancel;
/* Workers, limits, log and the training back end. Thread-safe. */
typedef struct nasshrink_context nasshrink_context;
/* A checked search space. Immutable. */
typedef struct nasshrink_space nasshrink_space;
/* One child of a space. Immutable. */
typedef struct nasshrink_arch nasshrink_arch;
/* Borrowed or shared array memory. Thread-compatible. */
typedef struct nasshrink_tensor nasshrink_tensor;
/* Labelled images in parts for training, validation and test. Thread-safe. */
typedef struct nasshrink_dataset nasshrink_dataset;
/* Per-operator numbers of a supernet, and what can be scored from them. Thread-safe. */
typedef struct nasshrink_table nasshrink_table;
/* A weight-sharing network of all children of a space. Thread-compatible. */
typedef struct nasshrink_supernet nasshrink_supernet;
/* Optimiser, schedule and path sampler of one supernet. Thread-compatible, together with its supernet. */
typedef struct nasshrink_trainer nasshrink_trainer;
/* A plan being carried out on a thread of its own. Thread-safe. */
typedef struct nasshrink_run nasshrink_run;
/* A search that asks what to score and is told what came out. Thread-compatible. */
typedef struct nasshrink_study nasshrink_study;

/* ---- Sized structs ------------------------------------------------------------------------------------------- */

/* Set struct_size to sizeof the struct and every byte that you do not use to zero. Later versions add fields at the end
 * only; bytes that this version does not know must be zero. */

#define NASSHRINK_LOG_DEBUG 0
#define NASSHRINK_LOG_INFO 1
#define NASSHRINK_LOG_WARNING 2
#define NASSHRINK_LOG_ERROR 3

/* Receives log records. The twin without callbacks is nasshrink_context_next_log. */
typedef struct nasshrink_log_sink {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  void* user_data;
  /* Lowest level passed on, NASSHRINK_LOG_*; ContextOptions.log_level holds back what is below it in any case. */
  int32_t min_level;
  int32_t reserved; /* 0 */
  /* `record` is a LogRecord message, borrowed for the call. Required. */
  void (*write)(void* user_data, const uint8_t* record, size_t record_size);
  /* NULL if nothing needs to be released. */
  void (*destroy)(void* user_data);
} nasshrink_log_sink;

/* Receives the events of a run. The twin without callbacks is nasshrink_run_next_event. */
typedef struct nasshrink_event_sink {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  void* user_data;
  /* `event` is a RunEvent message, borrowed for the call. Returns NULL to go on, or an error (nasshrink_error_create),
   * which the library takes over and which the run then ends with, unchanged. At run_finished the outcome is known
   * and kept and nasshrink_run_result gives the result; an error changes nothing then. Required. */
  nasshrink_error* (*on_event)(void* user_data, const uint8_t* event, size_t event_size);
  /* NULL if nothing needs to be released. */
  void (*destroy)(void* user_data);
} nasshrink_event_sink;

#define NASSHRINK_DTYPE_FLOAT32 1
#define NASSHRINK_DTYPE_INT64 2
#define NASSHRINK_DTYPE_UINT8 3
#define NASSHRINK_DTYPE_FLOAT64 4
#define NASSHRINK_DTYPE_INT32 5
#define NASSHRINK_DTYPE_FLOAT16 6  /* IEEE 754 binary16 */
#define NASSHRINK_DTYPE_BFLOAT16 7 /* upper half of a float32 */

#define NASSHRINK_DEVICE_CPU 0

#define NASSHRINK_MAX_DIMENSIONS 8

/* An array in memory. */
typedef struct nasshrink_tensor_view {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  void* user_data;
  const void* data;       /* may be NULL when a dimension is 0 */
  int32_t dtype;          /* NASSHRINK_DTYPE_* */
  int32_t device;         /* NASSHRINK_DEVICE_CPU */
  int32_t ndim;           /* 0..NASSHRINK_MAX_DIMENSIONS */
  int32_t reserved;       /* 0 */
  const int64_t* shape;   /* ndim numbers of at least 0 */
  const int64_t* strides; /* in elements; NULL is dense and row-major, the only layout accepted */
  /* Called once when the library needs the memory no more; NULL if the caller waits for nothing. */
  void (*release)(void* user_data);
} nasshrink_tensor_view;

/* DLPack 1.x; include "nasshrink/dlpack.h" (unchanged from https://github.com/dmlc/dlpack) for what is in it. */
struct DLManagedTensorVersioned;

/* ---- Library ------------------------------------------------------------------------------------------------- */

/* The ABI version of the loaded library, 0x00MMmmpp; compare its upper part with NASSHRINK_ABI_VERSION.
 *
 * Parameters: none.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API uint32_t nasshrink_abi_version(void);

/* The release version, for example "0.1.0".
 *
 * Parameters: none.
 * Ownership: the text is static.
 * Status: none; never NULL.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API const char* nasshrink_version_string(void);

/* What the library was built from, as a `BuildInfo` message.
 *
 * Parameters: out must not be NULL; it receives the bytes.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_build_info(nasshrink_buffer** out, nasshrink_error** err);

/* The upper-case name of a status, for example "INVALID_ARGUMENT"; "UNKNOWN" for numbers without one.
 *
 * Parameters: status is any number.
 * Ownership: the text is static.
 * Status: none; never NULL.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API const char* nasshrink_status_name(nasshrink_status status);

/* Handles of all kinds, errors and buffers included, that exist in the process: 0 when everything has been freed.
 *
 * Parameters: none.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API int64_t nasshrink_live_objects(void);

/* ---- Errors -------------------------------------------------------------------------------------------------- */

/* Makes an error for a callback to return.
 *
 * Parameters: status is what the run will end with, NASSHRINK_OK is read as UNKNOWN; message is message_size bytes
 *   of UTF-8, copied, NULL is an empty text.
 * Ownership: the error belongs to the caller, and to the library once a callback has returned it.
 * Status: none; never NULL: a fixed error RESOURCE_EXHAUSTED stands for one there was no memory for.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_error* nasshrink_error_create(nasshrink_status status, const char* message,
                                                                         size_t message_size);

/* The status of an error.
 *
 * Parameters: error may be NULL, which is NASSHRINK_OK.
 * Ownership: none.
 * Status: the error's own; INVALID_ARGUMENT for a handle that is no error.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API nasshrink_status nasshrink_error_status(const nasshrink_error* error);

/* The sentence of an error, UTF-8.
 *
 * Parameters: error may be NULL, which gives "".
 * Ownership: the text is borrowed and lives as long as the error.
 * Status: none; never NULL.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API const char* nasshrink_error_message(const nasshrink_error* error);

/* An error as an `ErrorDetails` message: field path, offending value, what is allowed, causes.
 *
 * Parameters: error may be NULL, which gives NULL; size receives the number of bytes, NULL if it is not wanted.
 * Ownership: the bytes are borrowed and live as long as the error.
 * Status: none; NULL only when there is no error or no memory for its details.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API const uint8_t* nasshrink_error_details(const nasshrink_error* error, size_t* size);

/* Releases an error.
 *
 * Parameters: error may be NULL, which does nothing.
 * Ownership: takes the error.
 * Status: none; never fails.
 * Threads: immutable; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_error_free(nasshrink_error* error);

/* ---- Buffers ------------------------------------------------------------------------------------------------- */

/* Copies bytes into a buffer.
 *
 * Parameters: out must not be NULL; data is size bytes, NULL only with size 0; out receives the buffer.
 * Ownership: data is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_buffer_create(const void* data, size_t size,
                                                                          nasshrink_buffer** out,
                                                                          nasshrink_error** err);

/* The bytes of a buffer.
 *
 * Parameters: buffer may be NULL, which gives NULL.
 * Ownership: the bytes are borrowed and live as long as the buffer.
 * Status: none; NULL only for no buffer.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API const uint8_t* nasshrink_buffer_data(const nasshrink_buffer* buffer);

/* The number of bytes in a buffer.
 *
 * Parameters: buffer may be NULL, which gives 0.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API size_t nasshrink_buffer_size(const nasshrink_buffer* buffer);

/* Releases a buffer.
 *
 * Parameters: buffer may be NULL, which does nothing.
 * Ownership: takes the buffer.
 * Status: none; never fails.
 * Threads: immutable; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_buffer_free(nasshrink_buffer* buffer);

/* ---- Cancellation -------------------------------------------------------------------------------------------- */

/* Makes a latch that any number of calls and runs may share. Once triggered it stays so.
 *
 * Parameters: out must not be NULL; it receives the latch.
 * Ownership: *out belongs to the caller (nasshrink_cancel_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_cancel_create(nasshrink_cancel** out,
                                                                          nasshrink_error** err);

/* Triggers a latch: what was given it stops at its next step with CANCELLED. May be called again, and from a signal
 * handler as long as the latch is not being freed.
 *
 * Parameters: cancel may be NULL, which does nothing.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: thread-safe; async-signal-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_cancel_trigger(nasshrink_cancel* cancel);

/* 1 when the latch has been triggered, else 0; for long callbacks.
 *
 * Parameters: cancel may be NULL, which gives 0.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: thread-safe; async-signal-safe.
 * Since: 0.1
 */
NASSHRINK_API int32_t nasshrink_cancel_is_triggered(const nasshrink_cancel* cancel);

/* Releases a latch. Calls and runs that were given it keep what they need of it.
 *
 * Parameters: cancel may be NULL, which does nothing.
 * Ownership: takes the latch.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_cancel_free(nasshrink_cancel* cancel);

/* ---- Contexts ------------------------------------------------------------------------------------------------ */

/* Makes a context. No thread is started and LibTorch is not loaded before something needs it.
 *
 * Parameters: out must not be NULL; options is a `ContextOptions` message of options_size bytes, NULL for defaults;
 *   log receives log records, NULL for none; out receives the context.
 * Ownership: options and the struct log are borrowed for the call; log's user_data is taken and destroyed with the
 *   context's last reference, or before a failing call returns; *out belongs to the caller (nasshrink_context_free).
 * Status: INVALID_ARGUMENT for an option out of range, or one that the
 *   preset does not take (nasshrink_registry_list lists those it takes as parameters).
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_context_create(const uint8_t* options, size_t options_size,
                                                                           const nasshrink_log_sink* log,
                                                                           nasshrink_context** out,
                                                                           nasshrink_error** err);

/* Effective options, devices, the CPU, and the training back end once a data set or a supernet has opened it or has
 * failed to, as a `ContextReport` message.
 *
 * Parameters: context and out must not be NULL; out receives the bytes.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_context_report(const nasshrink_context* context,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Takes the oldest log record not taken yet, as a `LogRecord` message. The last 1,024 are kept.
 *
 * Parameters: context and out must not be NULL; timeout_ms is how long to wait for one, negative for ever; out
 *   receives the bytes, or NULL after the timeout.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: OK after a timeout, too.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_context_next_log(nasshrink_context* context,
                                                                             int64_t timeout_ms, nasshrink_buffer** out,
                                                                             nasshrink_error** err);

/* Drops the caller's reference; handles made with the context keep it alive.
 *
 * Parameters: context may be NULL, which does nothing.
 * Ownership: takes the context.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_context_free(nasshrink_context* context);

/* What can be named, with help, as a `RegistryListing` message.
 *
 * Parameters: context, kind and out must not be NULL; kind is "presets", "operators", "metrics", "rules",
 *   "strategies", "recipes", "algorithms", "formats", "latency-formats" or "latency-tables"; out receives the bytes.
 * Ownership: kind is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for another kind.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_registry_list(const nasshrink_context* context,
                                                                          const char* kind, nasshrink_buffer** out,
                                                                          nasshrink_error** err);

/* ---- Search spaces ------------------------------------------------------------------------------------------- */

/* Parses and checks a space.
 *
 * Parameters: context, data and out must not be NULL; data is a `SearchSpace` message of size bytes; out receives
 *   the space.
 * Ownership: data is borrowed for the call; *out belongs to the caller (nasshrink_space_free).
 * Status: INVALID_ARGUMENT names the first field at fault.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_parse(nasshrink_context* context, const uint8_t* data,
                                                                        size_t size, nasshrink_space** out,
                                                                        nasshrink_error** err);

/* A published space by name, for example "nas-bench-201".
 *
 * Parameters: context, name and out must not be NULL; name is one of nasshrink_registry_list "presets"; options is a
 *   `PresetOptions` message of options_size bytes, NULL for the published sizes; out receives the space.
 * Ownership: name and options are borrowed for the call; *out belongs to the caller (nasshrink_space_free).
 * Status: NOT_FOUND for an unknown name; INVALID_ARGUMENT for an option out of range.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_preset(nasshrink_context* context, const char* name,
                                                                         const uint8_t* options, size_t options_size,
                                                                         nasshrink_space** out, nasshrink_error** err);

/* A space from a published file that carries its own widths: a network becomes a space with one candidate a choice.
 *
 * Parameters: context, text and out must not be NULL; format is "network" (JSON of ProxylessNAS, Once-for-All or an
 *   AutoSpace network; read for 224x224 pixels, which such files do not say) or "autospace-space" (JSON of AutoSpace's
 *   learned space, with the widths of the preset "autospace"), NULL or "" to recognise it; text is text_size bytes,
 *   at most 1 MiB; out receives the space.
 * Ownership: format and text are borrowed for the call; *out belongs to the caller (nasshrink_space_free).
 * Status: INVALID_ARGUMENT for an unknown format; for a text that is not JSON, with the field "text[BYTE]", bytes
 *   counted from 0; for a network that is none, with the path of the value at fault.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_import(nasshrink_context* context, const char* format,
                                                                         const char* text, size_t text_size,
                                                                         nasshrink_space** out, nasshrink_error** err);

/* The canonical bytes of a space: equal spaces give equal bytes everywhere.
 *
 * Parameters: space and out must not be NULL; out receives a `SearchSpace` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_serialize(const nasshrink_space* space,
                                                                            nasshrink_buffer** out,
                                                                            nasshrink_error** err);

/* Sizes, fingerprints and cost ranges of a space, and the edits that made it from its root.
 *
 * Parameters: space and out must not be NULL; out receives a `SpaceSummary` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function; ranges are left out for spaces whose costs are not known.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_describe(const nasshrink_space* space,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* A new space with candidates dropped, pinned or restored.
 *
 * Parameters: space, edits and out must not be NULL; edits is a `SpaceEdits` message of edits_size bytes; out
 *   receives the new space.
 * Ownership: edits is borrowed for the call; *out belongs to the caller (nasshrink_space_free).
 * Status: INVALID_ARGUMENT for an edit that names no candidate or leaves a choice empty; FAILED_PRECONDITION for
 *   edits of another root space.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_restrict(const nasshrink_space* space,
                                                                           const uint8_t* edits, size_t edits_size,
                                                                           nasshrink_space** out,
                                                                           nasshrink_error** err);

#define NASSHRINK_COMBINE_UNION 0
#define NASSHRINK_COMBINE_INTERSECTION 1
#define NASSHRINK_COMBINE_DIFFERENCE 2

/* Choice by choice, the candidates alive in either space, in both, or in a but not in b.
 *
 * Parameters: a, b and out must not be NULL; how is one of NASSHRINK_COMBINE_*; out receives the new space.
 * Ownership: *out belongs to the caller (nasshrink_space_free).
 * Status: FAILED_PRECONDITION for spaces of different roots, and for a result that leaves a choice empty.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_combine(const nasshrink_space* a,
                                                                          const nasshrink_space* b, int32_t how,
                                                                          nasshrink_space** out, nasshrink_error** err);

/* The edits that turn a into b.
 *
 * Parameters: a, b and out must not be NULL; out receives a `SpaceEdits` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION for spaces of different roots.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_diff(const nasshrink_space* a,
                                                                       const nasshrink_space* b, nasshrink_buffer** out,
                                                                       nasshrink_error** err);

/* Applies a shrinking rule to scores from anywhere: nasshrink's or the caller's own.
 *
 * Parameters: space, input, rule and out must not be NULL; input is a `ShrinkInput` message of input_size bytes;
 *   rule is a `ShrinkRule` message of rule_size bytes; out receives the shrunk space; edits receives what was
 *   dropped, in order, as a `SpaceEdits` message, NULL if it is not wanted.
 * Ownership: input and rule are borrowed for the call; *out (nasshrink_space_free) and *edits
 *   (nasshrink_buffer_free) belong to the caller.
 * Status: INVALID_ARGUMENT for a rule out of range, scores that miss or double an operator, or evaluated children that
 *   are none of the space; FAILED_PRECONDITION for scores or children of another space, or given children none of
 *   which has some operator.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_space_shrink(const nasshrink_space* space, const uint8_t* input, size_t input_size, const uint8_t* rule,
                       size_t rule_size, nasshrink_space** out, nasshrink_buffer** edits, nasshrink_error** err);

/* What nasshrink_space_shrink would drop and why: the score, margins and effect of every removal.
 *
 * Parameters: space, input, rule and out must not be NULL; input is a `ShrinkInput` message of input_size bytes;
 *   rule is a `ShrinkRule` message of rule_size bytes; out receives a `ShrinkJournal` message.
 * Ownership: input and rule are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: as nasshrink_space_shrink.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_space_explain_shrink(const nasshrink_space* space, const uint8_t* input, size_t input_size,
                               const uint8_t* rule, size_t rule_size, nasshrink_buffer** out, nasshrink_error** err);

/* Draws children uniformly from those that meet the constraints.
 *
 * Parameters: space and out must not be NULL; options is a `SampleOptions` message of options_size bytes, NULL for
 *   one child with seed 0; out receives an `ArchitectureList` message.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown cost or operator; FAILED_PRECONDITION when no child meets the constraints.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_sample(const nasshrink_space* space,
                                                                         const uint8_t* options, size_t options_size,
                                                                         nasshrink_buffer** out, nasshrink_error** err);

/* The exact number of children, and of those that meet constraints.
 *
 * Parameters: space and out must not be NULL; options is a `CountOptions` message of options_size bytes, NULL for no
 *   constraints; out receives a `CountReport` message.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown cost.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_count(const nasshrink_space* space,
                                                                        const uint8_t* options, size_t options_size,
                                                                        nasshrink_buffer** out, nasshrink_error** err);

/* How well scores rank children whose true accuracies are known, beside what counting multiply-adds, counting
 * parameters and chance give.
 *
 * Parameters: space, input and out must not be NULL; input is a `RankInput` message of input_size bytes; out receives
 *   a `RankReport` message.
 * Ownership: input is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for columns that do not fit the children, an infinite number, or a fusion that is missing
 *   or unknown; FAILED_PRECONDITION for children of another root, or fewer than two with a truth and all scores.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_rank(const nasshrink_space* space,
                                                                       const uint8_t* input, size_t input_size,
                                                                       nasshrink_buffer** out, nasshrink_error** err);

/* The best product sub-space of every size, by true accuracies of all children, and where shrink paths lie.
 *
 * Parameters: space, input and out must not be NULL; input is a `FrontierInput` message of input_size bytes; cancel
 *   may be NULL; out receives a `FrontierReport` message.
 * Ownership: input is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for truth that does not fit the children, a path that does not fit the space, or a space of
 *   more than 10,000,000,000 product sub-spaces; FAILED_PRECONDITION when the truth of a child is missing, or children
 *   are not all combinations of operators; CANCELLED.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_space_frontier(const nasshrink_space* space,
                                                                           const uint8_t* input, size_t input_size,
                                                                           nasshrink_cancel* cancel,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Releases a space.
 *
 * Parameters: space may be NULL, which does nothing.
 * Ownership: takes the space.
 * Status: none; never fails.
 * Threads: immutable; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_space_free(nasshrink_space* space);

/* ---- Architectures ------------------------------------------------------------------------------------------- */

/* Parses an architecture and checks that it is a child of the space.
 *
 * Parameters: space, data and out must not be NULL; data is an `Architecture` message of size bytes; out receives
 *   the architecture.
 * Ownership: data is borrowed for the call; *out belongs to the caller (nasshrink_arch_free).
 * Status: INVALID_ARGUMENT names the first choice without such a candidate alive; FAILED_PRECONDITION for an
 *   architecture of another root space.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_parse(const nasshrink_space* space,
                                                                       const uint8_t* data, size_t size,
                                                                       nasshrink_arch** out, nasshrink_error** err);

/* Reads an architecture in one of the field's notations, for example "|nor_conv_3x3~0|+|...|" or "3 2 0 1 0 4":
 *
 *     "ops"              operator codes in choice order, -1 is identity (ABS, FairNAS, SPOS); any space
 *     "indices"          root indices in choice order; any space
 *     "key"              the child's number in the root space, last choice fastest; shrinking keeps it; any space
 *     "nas-bench-201"    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|"; one complete cell
 *     "nas-bench-macro"  "22212220", a digit a choice; chains with codes 0 to 9
 *     "darts"            "Genotype(normal=[('sep_conv_3x3', 0), ...], ...)" for both cells; DARTS cells
 *     "blocks"           "k5e3,k3e3,-,-;k7e3,...", kernel and expansion, - is identity; chains of mb_block
 *     "proxylessnas"     a network as ProxylessNAS's JSON; chains of plain mb_block
 *     "once-for-all"     the same with activation and squeeze-and-excite of every block; chains of mb_block
 *     "autospace"        a JSON list with a graph matrix a layer; layers whose candidates are AutoSpace cells
 *
 * Parameters: space, text and out must not be NULL; format is one of nasshrink_registry_list "formats", NULL or ""
 *   to recognise it ("indices" and "key" cannot be told from "ops"); text is text_size bytes, at most 1 MiB; out
 *   receives the architecture.
 * Ownership: format and text are borrowed for the call; *out belongs to the caller (nasshrink_arch_free).
 * Status: INVALID_ARGUMENT for a format that is unknown or that the space does not have; for a text that names no
 *   child of the space, with the field "text[BYTE]", bytes counted from 0, or in JSON the path of the value at fault;
 *   FAILED_PRECONDITION for a space with an open cell grammar.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_import(const nasshrink_space* space,
                                                                        const char* format, const char* text,
                                                                        size_t text_size, nasshrink_arch** out,
                                                                        nasshrink_error** err);

/* The child that architecture parameters stand for.
 *
 * Parameters: space, parameters and out must not be NULL; parameters is an `ArchitectureParameters` message of
 *   parameters_size bytes, of the space or of another with the same root; options is a `DeriveOptions` message of
 *   options_size bytes, NULL for the most probable candidate of every choice; out receives the architecture.
 * Ownership: parameters and options are borrowed for the call; *out belongs to the caller (nasshrink_arch_free).
 * Status: INVALID_ARGUMENT for parameters of another space or an unknown rule.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_derive(const nasshrink_space* space,
                                                                        const uint8_t* parameters,
                                                                        size_t parameters_size, const uint8_t* options,
                                                                        size_t options_size, nasshrink_arch** out,
                                                                        nasshrink_error** err);

/* An architecture in one of the field's notations, as UTF-8 text without a final NUL.
 *
 * Parameters: arch, format and out must not be NULL; format is one of nasshrink_registry_list "formats", which
 *   nasshrink_arch_import explains; out receives the text.
 * Ownership: format is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a format that is unknown, that cannot write children of this space, or not this one (a
 *   genotype has two inputs a node).
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_export(const nasshrink_arch* arch, const char* format,
                                                                        nasshrink_buffer** out, nasshrink_error** err);

/* The canonical bytes of an architecture.
 *
 * Parameters: arch and out must not be NULL; out receives an `Architecture` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_serialize(const nasshrink_arch* arch,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Multiply-adds, parameters, activation peak, latency and path counts of an architecture.
 *
 * Parameters: arch and out must not be NULL; query is a `CostQuery` message of query_size bytes, NULL for the
 *   space's own resolution without latency; out receives a `CostReport` message, which says what is counted.
 * Ownership: query is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a resolution, a way of counting or a latency table that does not fit, or for operators
 *   that do not fit the shapes they stand between; OUT_OF_RANGE for costs above 2^63; UNIMPLEMENTED for cells whose
 *   inputs cannot be brought to one size. For many children see nasshrink_table_score.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_arch_cost(const nasshrink_arch* arch, const uint8_t* query,
                                                                      size_t query_size, nasshrink_buffer** out,
                                                                      nasshrink_error** err);

/* Releases an architecture.
 *
 * Parameters: arch may be NULL, which does nothing.
 * Ownership: takes the architecture.
 * Status: none; never fails.
 * Threads: immutable; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_arch_free(nasshrink_arch* arch);

/* ---- Latency tables -------------------------------------------------------------------------------------------- */

/* A latency table that comes with the library, for example "pad-nas-cpu".
 *
 * Parameters: context, name and out must not be NULL; name is one of nasshrink_registry_list "latency-tables"; out
 *   receives a `LatencyTable` message.
 * Ownership: name is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown name.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_latency_preset(nasshrink_context* context, const char* name,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Reads a latency table from text (CSV):
 *
 *     "csv"           key,mean_ms and, if wanted, variance, count, device, resolution; the key "fixed" is the time of
 *                     the parts that every child has, which are looked up by key where there is no such line
 *     "proxylessnas"  ProxylessNAS's mobile table
 *     "once-for-all"  a table of Once-for-All's MobileNetV3
 *     "fbnet"         HW-NAS-Bench's table of FBNet, of which `device` picks a column.
 *
 * Parameters: context, text and out must not be NULL; format is NULL or "" to recognise it; device names what was
 *   measured, NULL or "" for what the text says; text is text_size bytes, at most 64 MiB and 1,000,000 lines; out
 *   receives a `LatencyTable` message.
 * Ownership: format, device and text are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown format or device, or a text at fault, with the field "line N, column NAME".
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_latency_import(nasshrink_context* context,
                                                                           const char* format, const char* device,
                                                                           const char* text, size_t text_size,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* A latency table as text in the format "csv" of nasshrink_latency_import.
 *
 * Parameters: context, table and out must not be NULL; table is a `LatencyTable` message of table_size bytes; out
 *   receives the text.
 * Ownership: table is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a table of one space's candidates or of whole networks, which have no text.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_latency_export(nasshrink_context* context,
                                                                           const uint8_t* table, size_t table_size,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* What a latency table has for a space: the operators it lacks and, where it lacks none, the range over the children.
 *
 * Parameters: space and out must not be NULL; table is a `LatencyTable` message of table_size bytes, NULL for one
 *   without times, which lists all operators of the space; out receives a `LatencyReport` message.
 * Ownership: table is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a table that is for another input size, names something twice or has a number out of
 *   range; FAILED_PRECONDITION for a space with an open cell grammar, or networks of another root space.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_latency_check(const nasshrink_space* space,
                                                                          const uint8_t* table, size_t table_size,
                                                                          nasshrink_buffer** out,
                                                                          nasshrink_error** err);

/* A latency table of this machine: the time of every operator of the space, measured where it stands by the torch back
 * end with the context's intra-op threads.
 *
 * Parameters: space and out must not be NULL; options is a `LatencyMeasureOptions` message of options_size bytes, NULL
 *   for one image a run and a mean that is known to 2 %; cancel stops the call, NULL for none; out receives a
 *   `LatencyTable` message. With `operators` in the options a caller measures piece by piece and shows how far it is.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for options out of range or known times that do not fit the space; CANCELLED;
 *   FAILED_PRECONDITION for a space with an open cell grammar or when LibTorch is not there; UNIMPLEMENTED for an
 *   operator that the back end cannot run.
 * Threads: immutable; other work on the machine at the same time makes the times longer.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_latency_measure(const nasshrink_space* space,
                                                                            const uint8_t* options, size_t options_size,
                                                                            nasshrink_cancel* cancel,
                                                                            nasshrink_buffer** out,
                                                                            nasshrink_error** err);

/* ---- Tensors and data ---------------------------------------------------------------------------------------- */

/* Wraps the caller's memory without copying it. The memory must stay as it is until `release` is called, or without
 * one until the tensor and all calls that were given it are done.
 *
 * Parameters: context, view and out must not be NULL; view describes the memory; out receives the tensor.
 * Ownership: the struct, shape and strides are borrowed for the call; the memory is borrowed until view's release,
 *   which is called exactly once: with the tensor's last reference, or before a failing call returns; *out belongs
 *   to the caller (nasshrink_tensor_free).
 * Status: INVALID_ARGUMENT for an unknown type or device, a negative size, too many dimensions, or strides that are
 *   not dense and row-major.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_tensor_wrap(nasshrink_context* context,
                                                                        const nasshrink_tensor_view* view,
                                                                        nasshrink_tensor** out, nasshrink_error** err);

/* Takes over another library's array by DLPack, without copying it: what PyTorch, NumPy, JAX and others give.
 *
 * Parameters: context, managed and out must not be NULL; managed is a DLPack tensor of major version 1 in this
 *   process's memory (kDLCPU), dense and row-major, of a type of NASSHRINK_DTYPE_*; out receives the tensor.
 * Ownership: managed is consumed on success and on failure: its deleter is called exactly once, with the tensor's last
 *   reference and from any thread, or before a failing call returns; *out belongs to the caller
 *   (nasshrink_tensor_free).
 * Status: INVALID_ARGUMENT for another major version, device or type, a negative size, too many dimensions, or strides
 *   that are not dense and row-major.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_tensor_import(nasshrink_context* context,
                                                                          struct DLManagedTensorVersioned* managed,
                                                                          nasshrink_tensor** out,
                                                                          nasshrink_error** err);

/* The five scalars of a weight for a table, in one pass over memory: <w0,w>, |w|^2, |w0|^2, |w-w0|^2 and <w-w0,w+w0>,
 * all sums in double.
 *
 * Parameters: base, current and out must not be NULL; base is w0 and current is w, of one shape and one type: float32,
 *   float64, float16 or bfloat16; out receives five numbers.
 * Ownership: inputs are borrowed for the call; out is the caller's memory.
 * Status: INVALID_ARGUMENT for another type or shape, or sums that are not finite.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_tensor_stats(const nasshrink_tensor* base,
                                                                         const nasshrink_tensor* current, double* out,
                                                                         nasshrink_error** err);

/* Where a tensor's memory is and what is in it.
 *
 * Parameters: tensor and out must not be NULL; out is a view whose struct_size the caller has set; user_data and
 *   release come back as NULL.
 * Ownership: data, shape and strides in *out are borrowed and live as long as the tensor.
 * Status: INVALID_ARGUMENT for a struct_size that is too small.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_tensor_view_of(const nasshrink_tensor* tensor,
                                                                           nasshrink_tensor_view* out,
                                                                           nasshrink_error** err);

/* Releases a tensor.
 *
 * Parameters: tensor may be NULL, which does nothing.
 * Ownership: takes the tensor; its memory is released when no data set or call uses it any more.
 * Status: none; never fails.
 * Threads: thread-compatible; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_tensor_free(nasshrink_tensor* tensor);

/* Opens images on disk by a built-in reader. Opens the training back end.
 *
 * Pictures in folders ("images:DIR") stay on disk; the context's workers decode them when a batch needs them. All other
 * images are read into memory, within the context's memory limit.
 *
 * Parameters: context, options and out must not be NULL; options is a `DatasetOptions` message of options_size bytes
 *   whose source is set; out receives the data set.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_dataset_free).
 * Status: INVALID_ARGUMENT for an unknown source or an option out of range; NOT_FOUND for a missing file; DATA_LOSS
 *   for a file that is short or no such format; RESOURCE_EXHAUSTED for images above the memory limit;
 *   FAILED_PRECONDITION without the torch library, and for pictures without class folders and random labels.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_dataset_open(nasshrink_context* context,
                                                                         const uint8_t* options, size_t options_size,
                                                                         nasshrink_dataset** out,
                                                                         nasshrink_error** err);

/* A data set from arrays in memory, copied. Opens the training back end.
 *
 * Parameters: context, inputs and out must not be NULL; inputs is float32 [images, channels, height, width]; targets
 *   is int64 [images], labels from 0, and may be NULL when the options ask for random labels; options is a
 *   `DatasetOptions` message of options_size bytes for the split, NULL for defaults; out receives the data set.
 * Ownership: inputs, targets and options are borrowed for the call; *out belongs to the caller
 *   (nasshrink_dataset_free).
 * Status: INVALID_ARGUMENT for shapes, types or labels that do not fit; RESOURCE_EXHAUSTED for images above the memory
 *   limit; FAILED_PRECONDITION without the torch library.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_dataset_from_tensors(
    nasshrink_context* context, const nasshrink_tensor* inputs, const nasshrink_tensor* targets, const uint8_t* options,
    size_t options_size, nasshrink_dataset** out, nasshrink_error** err);

/* Sizes, parts, normalisation and the digest of a data set.
 *
 * Parameters: dataset and out must not be NULL; out receives a `DatasetSummary` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_dataset_describe(const nasshrink_dataset* dataset,
                                                                             nasshrink_buffer** out,
                                                                             nasshrink_error** err);

/* Releases a data set; runs that use it keep it alive.
 *
 * Parameters: dataset may be NULL, which does nothing.
 * Ownership: takes the data set.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_dataset_free(nasshrink_dataset* dataset);

/* ---- Tables -------------------------------------------------------------------------------------------------- */

/* A table for a space from numbers obtained anywhere. Plugs in other people's supernets.
 *
 * Parameters: space, data and out must not be NULL; data is a `FactorTable` message of size bytes; where it embeds a
 *   space, `space` must be that one or a sub-space of it; out receives the table.
 * Ownership: data is borrowed for the call; *out belongs to the caller (nasshrink_table_free).
 * Status: INVALID_ARGUMENT for numbers that are not finite or do not fit the space; FAILED_PRECONDITION for a table
 *   of another space.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_table_create(const nasshrink_space* space,
                                                                         const uint8_t* data, size_t size,
                                                                         nasshrink_table** out, nasshrink_error** err);

/* A table for the angle from the scalars of somebody else's supernet (nasshrink_tensor_stats).
 *
 * Parameters: space, stats and out must not be NULL; stats is an `OperatorStats` message of stats_size bytes; options
 *   is an `AngleOptions` message of options_size bytes that says what pools and identities count as, NULL for defaults;
 *   out receives the table.
 * Ownership: stats and options are borrowed for the call; *out belongs to the caller (nasshrink_table_free).
 * Status: INVALID_ARGUMENT for numbers that are not finite, an operator that the space has not, or an alive operator
 *   with weights for which no numbers are given.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_table_from_stats(const nasshrink_space* space,
                                                                             const uint8_t* stats, size_t stats_size,
                                                                             const uint8_t* options,
                                                                             size_t options_size, nasshrink_table** out,
                                                                             nasshrink_error** err);

/* Parses a table together with the space it embeds.
 *
 * Parameters: context, data and out must not be NULL; data is a `FactorTable` message of size bytes; out receives
 *   the table.
 * Ownership: data is borrowed for the call; *out belongs to the caller (nasshrink_table_free).
 * Status: INVALID_ARGUMENT for a table without a space, or numbers that are not finite or do not fit it.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_table_parse(nasshrink_context* context, const uint8_t* data,
                                                                        size_t size, nasshrink_table** out,
                                                                        nasshrink_error** err);

/* The canonical bytes of a table, its space included.
 *
 * Parameters: table and out must not be NULL; out receives a `FactorTable` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_table_serialize(const nasshrink_table* table,
                                                                            nasshrink_buffer** out,
                                                                            nasshrink_error** err);

/* Radians between the weights of a child and their initial values. */
#define NASSHRINK_METRIC_ANGLE 1
/* Multiply-adds for one image. */
#define NASSHRINK_METRIC_MACS 2
/* Trainable parameters. */
#define NASSHRINK_METRIC_PARAMS 3

/* Scores many children in one call.
 *
 * Parameters: table, choices and out must not be NULL; metric is one of NASSHRINK_METRIC_*; options is an
 *   `AngleOptions` message of options_size bytes for the angle, NULL for defaults; choices holds count children,
 *   row-major, one root index a choice of the table's space; out receives count numbers and is not written on
 *   failure. Multiply-adds and parameters need no numbers in the table: one made of no bytes will do, and a child takes
 *   some ten nanoseconds.
 * Ownership: options and choices are borrowed for the call; out is the caller's memory.
 * Status: INVALID_ARGUMENT names the first row that is no child of the space, or a table without the metric's
 *   columns; FAILED_PRECONDITION for a child without a path under DISCONNECTED_ERROR; UNIMPLEMENTED for spaces the
 *   metric is not known on.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_table_score(const nasshrink_table* table, int32_t metric,
                                                                        const uint8_t* options, size_t options_size,
                                                                        const uint32_t* choices, size_t count,
                                                                        double* out, nasshrink_error** err);

/* Scores of every alive operator: exact by enumeration while the space is small, else sampled with a standard error.
 *
 * Parameters: table and out must not be NULL; options is a `ScoreOptions` message of options_size bytes with the
 *   metric "angle", "macs" or "params", NULL for the mean angle; cancel stops the call, NULL for none; out receives
 *   an `OperatorScores` message.
 * Ownership: options and cancel are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown metric or an option out of range; CANCELLED.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_table_score_operators(const nasshrink_table* table, const uint8_t* options, size_t options_size,
                                nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err);

/* Releases a table.
 *
 * Parameters: table may be NULL, which does nothing.
 * Ownership: takes the table.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_table_free(nasshrink_table* table);

/* ---- Supernets ----------------------------------------------------------------------------------------------- */

/* Builds the weight-sharing network of a space. Opens the training back end unless the options ask for "table".
 *
 * Parameters: space and out must not be NULL; options is a `SupernetOptions` message of options_size bytes, NULL for
 *   a torch supernet with seed 0; out receives the supernet.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_supernet_free).
 * Status: INVALID_ARGUMENT for an unknown back end or truth of another space; UNIMPLEMENTED for a space with
 *   operators that this version does not train; FAILED_PRECONDITION without the torch library; RESOURCE_EXHAUSTED
 *   above the memory limit.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_create(const nasshrink_space* space,
                                                                            const uint8_t* options, size_t options_size,
                                                                            nasshrink_supernet** out,
                                                                            nasshrink_error** err);

/* Loads a checkpoint: one safetensors file with the space in its metadata.
 *
 * Parameters: context, path and out must not be NULL; out receives the supernet.
 * Ownership: path is borrowed for the call; *out belongs to the caller (nasshrink_supernet_free).
 * Status: NOT_FOUND; PERMISSION_DENIED; DATA_LOSS for a torn or foreign file; FAILED_PRECONDITION without the torch
 *   library.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_load(nasshrink_context* context, const char* path,
                                                                          nasshrink_supernet** out,
                                                                          nasshrink_error** err);

/* Writes a checkpoint: afterwards the path holds the old file or the new one, never a mix.
 *
 * Parameters: supernet and path must not be NULL.
 * Ownership: path is borrowed for the call.
 * Status: NOT_FOUND for a missing folder; PERMISSION_DENIED; RESOURCE_EXHAUSTED on a full disk; FAILED_PRECONDITION
 *   when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_save(const nasshrink_supernet* supernet,
                                                                          const char* path, nasshrink_error** err);

/* What a supernet is made of.
 *
 * Parameters: supernet and out must not be NULL; out receives a `SupernetSummary` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_describe(const nasshrink_supernet* supernet,
                                                                              nasshrink_buffer** out,
                                                                              nasshrink_error** err);

/* Architecture parameters that a training with strategy "proxyless" or "darts" has learned.
 *
 * Parameters: supernet and out must not be NULL; out receives an `ArchitectureParameters` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION when there are none, or when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_architecture(const nasshrink_supernet* supernet,
                                                                                  nasshrink_buffer** out,
                                                                                  nasshrink_error** err);

/* Copies one of the supernet's tensors: a weight, or a running mean or variance.
 *
 * Parameters: supernet, name and out must not be NULL; name is one of the `SupernetSummary`'s tensors; out receives a
 *   float32 tensor.
 * Ownership: name is borrowed for the call; *out belongs to the caller (nasshrink_tensor_free).
 * Status: NOT_FOUND for a name that the supernet has not; FAILED_PRECONDITION when another call or a run uses the
 *   supernet, or when it is one of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_tensor(const nasshrink_supernet* supernet,
                                                                            const char* name, nasshrink_tensor** out,
                                                                            nasshrink_error** err);

/* Writes one of the supernet's tensors, for example after a step of the caller's own optimiser.
 *
 * Parameters: supernet, name and values must not be NULL; name is one of the `SupernetSummary`'s tensors; values is
 *   float32 of that tensor's shape, all finite.
 * Ownership: name and values are borrowed for the call.
 * Status: NOT_FOUND for a name that the supernet has not; INVALID_ARGUMENT for another type or shape or a number that
 *   is not finite; FAILED_PRECONDITION when another call or a run uses the supernet, or when it is one of looked-up
 *   accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_set_tensor(nasshrink_supernet* supernet,
                                                                                const char* name,
                                                                                const nasshrink_tensor* values,
                                                                                nasshrink_error** err);

/* Metrics of many children with the supernet's weights, which never change by it.
 *
 * Parameters: supernet, architectures and out must not be NULL; architectures is an `ArchitectureList` message of
 *   architectures_size bytes; dataset holds the images for accuracy, loss and Re-BN, NULL when no metric needs it;
 *   options is an `EvaluateOptions` message of options_size bytes, NULL for the accuracy; cancel stops the call,
 *   NULL for none; out receives an `EvaluateReport` message.
 * Ownership: all inputs are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a child that is none of the space, an unknown metric, or a metric that needs the data
 *   set that is missing; CANCELLED; FAILED_PRECONDITION for architectures of another space or when another call or a
 *   run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_supernet_evaluate(nasshrink_supernet* supernet, const uint8_t* architectures, size_t architectures_size,
                            nasshrink_dataset* dataset, const uint8_t* options, size_t options_size,
                            nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err);

/* Scores of every alive operator with the supernet's weights, ready for nasshrink_space_shrink.
 *
 * Parameters: supernet and out must not be NULL; dataset holds the images for the accuracy, NULL when the metric
 *   needs none; options is a `ScoreOptions` message of options_size bytes, NULL for the mean angle; cancel stops the
 *   call, NULL for none; out receives an `OperatorScores` message.
 * Ownership: all inputs are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown metric, an option out of range or a missing data set; CANCELLED;
 *   FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_score_operators(
    nasshrink_supernet* supernet, nasshrink_dataset* dataset, const uint8_t* options, size_t options_size,
    nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err);

/* The operator scalars of the current weights against W0.
 *
 * Parameters: supernet and out must not be NULL; options is an `AngleOptions` message of options_size bytes that
 *   says which weights count, NULL for defaults; out receives the table.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_table_free).
 * Status: INVALID_ARGUMENT for an unknown option; FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_table(const nasshrink_supernet* supernet,
                                                                           const uint8_t* options, size_t options_size,
                                                                           nasshrink_table** out,
                                                                           nasshrink_error** err);

/* Takes W0 afresh from the current weights, so that all angles start again at 0.
 *
 * Parameters: supernet must not be NULL.
 * Ownership: none.
 * Status: FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_supernet_reset_base(nasshrink_supernet* supernet,
                                                                                nasshrink_error** err);

/* The supernet of a shrunk space with the weights carried over.
 *
 * Parameters: supernet, shrunk and out must not be NULL; shrunk is a sub-space of the supernet's space; options is
 *   an `InheritOptions` message of options_size bytes, NULL to carry W0 over, too; out receives the new supernet.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_supernet_free); the old
 *   supernet stays as it is.
 * Status: FAILED_PRECONDITION for a space of another root, or when another call or a run uses the supernet;
 *   INVALID_ARGUMENT for a space that is no sub-space.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_supernet_inherit(const nasshrink_supernet* supernet, const nasshrink_space* shrunk, const uint8_t* options,
                           size_t options_size, nasshrink_supernet** out, nasshrink_error** err);

/* One child's weights alone, under the usual PyTorch parameter names.
 *
 * Parameters: supernet, arch and out must not be NULL; options is an `ExtractOptions` message of options_size bytes,
 *   NULL for safetensors; out receives the file's bytes.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for an unknown format or a child that is none of the supernet's space;
 *   FAILED_PRECONDITION for an architecture of another root space, or when another call or a run uses the supernet;
 *   UNIMPLEMENTED for a back end without weights.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_supernet_extract(const nasshrink_supernet* supernet, const nasshrink_arch* arch, const uint8_t* options,
                           size_t options_size, nasshrink_buffer** out, nasshrink_error** err);

/* Releases a supernet; trainers made from it keep it alive.
 *
 * Parameters: supernet may be NULL, which does nothing.
 * Ownership: takes the supernet.
 * Status: none; never fails.
 * Threads: thread-compatible; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_supernet_free(nasshrink_supernet* supernet);

/* ---- Training steps in the caller's own loop ----------------------------------------------------------------- */

/* A trainer for a supernet: optimiser, schedule and path sampler.
 *
 * Parameters: supernet and out must not be NULL; options is a `TrainerOptions` message of options_size bytes, NULL
 *   for defaults; out receives the trainer.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_trainer_free).
 * Status: INVALID_ARGUMENT for an option out of range; UNIMPLEMENTED for a strategy this version does not carry out;
 *   FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_create(nasshrink_supernet* supernet,
                                                                           const uint8_t* options, size_t options_size,
                                                                           nasshrink_trainer** out,
                                                                           nasshrink_error** err);

/* One step on the caller's batch.
 *
 * Parameters: trainer, inputs, targets and out must not be NULL; inputs is float32 [batch, channels, height, width];
 *   targets is int64 [batch]; out receives a `StepReport` message.
 * Ownership: inputs and targets are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for shapes, types or labels that do not fit; OUT_OF_RANGE for a loss or gradient that is
 *   not finite: the step is not applied and weights, optimiser and counters stay as they were; FAILED_PRECONDITION
 *   when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_step(nasshrink_trainer* trainer,
                                                                         const nasshrink_tensor* inputs,
                                                                         const nasshrink_tensor* targets,
                                                                         nasshrink_buffer** out, nasshrink_error** err);

/* One step of the architecture parameters on held-out images, for strategies that learn them.
 *
 * Parameters: trainer, inputs, targets and out must not be NULL; inputs is float32 [batch, channels, height, width];
 *   targets is int64 [batch]; out receives a `StepReport` message with the loss (its cost included) and the norm of the
 *   parameters' gradient.
 * Ownership: inputs and targets are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for shapes, types or labels that do not fit; OUT_OF_RANGE for a loss or gradient that is
 *   not finite: nothing has moved; FAILED_PRECONDITION for a strategy without architecture parameters, for DARTS of
 *   second order (which needs a training batch, too), when another call or a run uses the supernet, or when it is one
 *   of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_arch_step(nasshrink_trainer* trainer,
                                                                              const nasshrink_tensor* inputs,
                                                                              const nasshrink_tensor* targets,
                                                                              nasshrink_buffer** out,
                                                                              nasshrink_error** err);

/* First part of a step with a loss of the caller's own: runs the step's next path.
 *
 * A step has one forward and one backward for each of its paths (one; with strategy "fair" as many as the largest
 * choice has operators), or a multiple of them, for example one for each piece of a large batch. A forward that no
 * backward follows leaves no trace.
 *
 * Parameters: trainer, inputs and out must not be NULL; inputs is float32 [batch, channels, height, width]; out
 *   receives the logits, float32 [batch, classes].
 * Ownership: inputs is borrowed for the call; *out belongs to the caller (nasshrink_tensor_free).
 * Status: INVALID_ARGUMENT for shapes or types that do not fit; FAILED_PRECONDITION when another call or a run uses
 *   the supernet, or when it is one of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_forward(nasshrink_trainer* trainer,
                                                                            const nasshrink_tensor* inputs,
                                                                            nasshrink_tensor** out,
                                                                            nasshrink_error** err);

/* Second part: takes the gradient of the loss by the logits and adds up the gradients of the path's weights.
 *
 * Parameters: trainer and output_gradient must not be NULL; output_gradient is float32 [batch, classes].
 * Ownership: output_gradient is borrowed for the call.
 * Status: INVALID_ARGUMENT for another type or shape; FAILED_PRECONDITION without a forward before it, or when another
 *   call or a run uses the supernet, or when it is one of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_backward(nasshrink_trainer* trainer,
                                                                             const nasshrink_tensor* output_gradient,
                                                                             nasshrink_error** err);

/* Third part: clips the gradients, moves the weights and ends the step. With the optimiser "none" the weights are left
 * to the caller (nasshrink_trainer_gradient, nasshrink_supernet_set_tensor); running statistics and counters go on.
 *
 * Parameters: trainer and out must not be NULL; out receives a `StepReport` message, whose loss and accuracy are 0.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: OUT_OF_RANGE for a gradient that is not finite: nothing has moved and the gradients are forgotten;
 *   FAILED_PRECONDITION before all paths of the step had their turn, or when another call or a run uses the supernet,
 *   or when it is one of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_apply(nasshrink_trainer* trainer,
                                                                          nasshrink_buffer** out,
                                                                          nasshrink_error** err);

/* Gradient of one weight as added up since the last step ended; all zeros for a weight that took no part.
 *
 * Parameters: trainer, name and out must not be NULL; name is the weight's in the `SupernetSummary`; out receives a
 *   float32 tensor of its shape.
 * Ownership: name is borrowed for the call; *out belongs to the caller (nasshrink_tensor_free).
 * Status: NOT_FOUND for a name that is no weight; FAILED_PRECONDITION when another call or a run uses the supernet, or
 *   when it is one of looked-up accuracies.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_gradient(const nasshrink_trainer* trainer,
                                                                             const char* name, nasshrink_tensor** out,
                                                                             nasshrink_error** err);

/* Optimiser state, schedule and counters as bytes. The weights are the supernet's (nasshrink_supernet_save).
 *
 * Parameters: trainer and out must not be NULL; out receives the bytes.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION when another call or a run uses the supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_snapshot(const nasshrink_trainer* trainer,
                                                                             nasshrink_buffer** out,
                                                                             nasshrink_error** err);

/* Continues where a snapshot was taken; the trainer must have been made with the same options.
 *
 * Parameters: trainer and snapshot must not be NULL; snapshot is snapshot_size bytes of nasshrink_trainer_snapshot.
 * Ownership: snapshot is borrowed for the call.
 * Status: DATA_LOSS for bytes that are torn or do not fit; FAILED_PRECONDITION when another call or a run uses the
 *   supernet.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_trainer_restore(nasshrink_trainer* trainer,
                                                                            const uint8_t* snapshot,
                                                                            size_t snapshot_size,
                                                                            nasshrink_error** err);

/* Releases a trainer.
 *
 * Parameters: trainer may be NULL, which does nothing.
 * Ownership: takes the trainer.
 * Status: none; never fails.
 * Threads: thread-compatible; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_trainer_free(nasshrink_trainer* trainer);

/* ---- Runs ---------------------------------------------------------------------------------------------------- */

/* The plan of a recipe, for example "abs", as a `RunPlan` message to change or to start.
 *
 * Parameters: context, name and out must not be NULL; name is one of nasshrink_registry_list "recipes"; options is a
 *   `PlanOptions` message of options_size bytes, NULL for the recipe's own space and numbers; out receives the plan.
 * Ownership: name and options are borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: NOT_FOUND for an unknown recipe; INVALID_ARGUMENT for a setting that names no field or does not fit it.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_plan_preset(nasshrink_context* context, const char* name,
                                                                        const uint8_t* options, size_t options_size,
                                                                        nasshrink_buffer** out, nasshrink_error** err);

/* What a plan will take in memory and time, as a `PlanEstimate` message. A little of every stage is done for it, which
 * takes seconds; nothing is started or written.
 *
 * Parameters: context, plan and out must not be NULL; plan is a `RunPlan` message of plan_size bytes; dataset holds the
 *   images, NULL for the "table" back end; cancel stops the call, NULL for none; out receives the estimate.
 * Ownership: plan is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: as nasshrink_run_start for plan and dataset; CANCELLED. A plan above ContextOptions.memory_limit is no error
 *   here; nasshrink_run_start refuses it.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status
nasshrink_plan_estimate(nasshrink_context* context, const uint8_t* plan, size_t plan_size, nasshrink_dataset* dataset,
                        nasshrink_cancel* cancel, nasshrink_buffer** out, nasshrink_error** err);

/* Starts a plan on a thread of its own and returns at once.
 *
 * Parameters: context, plan and out must not be NULL; plan is a `RunPlan` message of plan_size bytes; supernet is
 *   used instead of a new one and is the run's from then on (other calls on its handle are refused;
 *   nasshrink_run_supernet gives the one the run ends with), NULL for a new one; dataset holds the images, NULL for
 *   the "table" back end; folder keeps the run, so that it can be resumed and reported, NULL for a run that is not
 *   kept; events receives events, NULL for none; cancel stops the run, NULL for none; out receives the run.
 * Ownership: plan, folder and the struct events are borrowed for the call; events' user_data is taken and destroyed
 *   when the run has been freed, or before a failing call returns; *out belongs to the caller (nasshrink_run_free).
 * Status: INVALID_ARGUMENT names the plan's field at fault; UNIMPLEMENTED for a stage this version does not carry
 *   out; RESOURCE_EXHAUSTED for a plan that would need more than ContextOptions.memory_limit (with a limit the call
 *   estimates first, which takes seconds); ALREADY_EXISTS for a folder that holds a run; FAILED_PRECONDITION for a
 *   supernet of another space, one in use, or a folder that holds something else.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_start(nasshrink_context* context, const uint8_t* plan,
                                                                      size_t plan_size, nasshrink_supernet* supernet,
                                                                      nasshrink_dataset* dataset, const char* folder,
                                                                      const nasshrink_event_sink* events,
                                                                      nasshrink_cancel* cancel, nasshrink_run** out,
                                                                      nasshrink_error** err);

/* Resume although intra-op threads, LibTorch or the CPU differ from the run's; the result may then differ, too. */
#define NASSHRINK_RESUME_ANY_MACHINE 1u

/* Continues a kept run from its last checkpoint; it ends with the bytes of an undisturbed run. A finished run comes
 * back finished.
 *
 * Parameters: context, folder and out must not be NULL; flags is 0 or NASSHRINK_RESUME_ANY_MACHINE; dataset is the
 *   one the run was started with, NULL to open it again as it was opened then; events receives events, NULL for
 *   none; cancel stops the run, NULL for none; out receives the run.
 * Ownership: folder and the struct events are borrowed for the call; events' user_data is taken and destroyed when
 *   the run has been freed, or before a failing call returns; *out belongs to the caller (nasshrink_run_free).
 * Status: NOT_FOUND when the folder holds no run; DATA_LOSS for a damaged one; FAILED_PRECONDITION for another data
 *   set, another machine, or a run another process works on.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_resume(nasshrink_context* context, const char* folder,
                                                                       uint32_t flags, nasshrink_dataset* dataset,
                                                                       const nasshrink_event_sink* events,
                                                                       nasshrink_cancel* cancel, nasshrink_run** out,
                                                                       nasshrink_error** err);

/* Where a kept run stands as of its last checkpoint, also while another process works on it, and what it was started
 * with.
 *
 * Parameters: context, folder and out must not be NULL; out receives a `RunProgress` message with the plan and the
 *   threads of its start.
 * Ownership: folder is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: NOT_FOUND when the folder holds no run; DATA_LOSS for a damaged one.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_status(const nasshrink_context* context,
                                                                       const char* folder, nasshrink_buffer** out,
                                                                       nasshrink_error** err);

/* Where a run stands: stage, step, best child so far, time left.
 *
 * Parameters: run and out must not be NULL; out receives a `RunProgress` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: those of every function.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_progress(const nasshrink_run* run,
                                                                         nasshrink_buffer** out, nasshrink_error** err);

/* Takes the oldest event not taken yet. Each event is taken once, whoever asks.
 *
 * Parameters: run and out must not be NULL; timeout_ms is how long to wait for one, negative until there is one; out
 *   receives a `RunEvent` message, or NULL after the timeout.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: OK after a timeout, too; OUT_OF_RANGE after the last event.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_next_event(nasshrink_run* run, int64_t timeout_ms,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Waits for the end of a run.
 *
 * Parameters: run must not be NULL; timeout_ms is how long to wait, negative for ever.
 * Ownership: none.
 * Status: DEADLINE_EXCEEDED after the timeout; else the run's own outcome, CANCELLED for a cancelled one.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_wait(nasshrink_run* run, int64_t timeout_ms,
                                                                     nasshrink_error** err);

/* Stops a run at its next step with CANCELLED; a kept one can be resumed. May be called again.
 *
 * Parameters: run may be NULL, which does nothing.
 * Ownership: none.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_run_cancel(nasshrink_run* run);

/* What a finished run came to. No wall-clock times: equal runs give equal bytes.
 *
 * Parameters: run and out must not be NULL; out receives a `RunResult` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION while it is running; the run's own outcome when it did not finish.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_result(const nasshrink_run* run, nasshrink_buffer** out,
                                                                       nasshrink_error** err);

/* The supernet a run which is over ends with.
 *
 * Parameters: run and out must not be NULL; out receives the supernet, of which further calls give further handles.
 * Ownership: *out belongs to the caller (nasshrink_supernet_free).
 * Status: FAILED_PRECONDITION while it is running; NOT_FOUND when it ended before it had one.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_run_supernet(nasshrink_run* run, nasshrink_supernet** out,
                                                                         nasshrink_error** err);

/* Releases a run: one that is still going on is cancelled and waited for. Not from inside its own callback.
 *
 * Parameters: run may be NULL, which does nothing.
 * Ownership: takes the run.
 * Status: none; never fails.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_run_free(nasshrink_run* run);

/* The report of a kept run, finished or not: one HTML page that opens without network.
 *
 * Parameters: context, folder and out must not be NULL; out receives UTF-8 text without a final NUL.
 * Ownership: folder is borrowed for the call; *out belongs to the caller (nasshrink_buffer_free).
 * Status: NOT_FOUND when the folder holds no run; DATA_LOSS for a damaged one.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_report(const nasshrink_context* context, const char* folder,
                                                                   nasshrink_buffer** out, nasshrink_error** err);

/* ---- Studies: searches driven by the caller ------------------------------------------------------------------ */

/* A search of a space that the caller evaluates.
 *
 * Parameters: space, options and out must not be NULL; options is a `StudyOptions` message of options_size bytes
 *   whose search names an algorithm; out receives the study.
 * Ownership: options is borrowed for the call; *out belongs to the caller (nasshrink_study_free).
 * Status: INVALID_ARGUMENT for an option out of range; UNIMPLEMENTED for an algorithm this version does not carry
 *   out; FAILED_PRECONDITION when no child meets the constraints.
 * Threads: immutable.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_create(const nasshrink_space* space,
                                                                         const uint8_t* options, size_t options_size,
                                                                         nasshrink_study** out, nasshrink_error** err);

/* Continues a study where a snapshot was taken.
 *
 * Parameters: context, snapshot and out must not be NULL; snapshot is a `StudySnapshot` message of snapshot_size
 *   bytes; out receives the study.
 * Ownership: snapshot is borrowed for the call; *out belongs to the caller (nasshrink_study_free).
 * Status: DATA_LOSS for a snapshot that contradicts itself.
 * Threads: thread-safe.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_restore(nasshrink_context* context,
                                                                          const uint8_t* snapshot, size_t snapshot_size,
                                                                          nasshrink_study** out, nasshrink_error** err);

/* What to score next. Fewer trials than asked for, possibly none, when the algorithm waits to be told.
 *
 * Parameters: study and out must not be NULL; count is how many trials at most, at least 1; out receives a
 *   `TrialList` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: INVALID_ARGUMENT for a count of 0; FAILED_PRECONDITION when another call uses the study.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_ask(nasshrink_study* study, uint32_t count,
                                                                      nasshrink_buffer** out, nasshrink_error** err);

/* Reports metrics of trials, in any order, failed ones too, and of children that were never asked for. All or
 * nothing.
 *
 * Parameters: study and observations must not be NULL; observations is an `ObservationList` message of
 *   observations_size bytes.
 * Ownership: observations is borrowed for the call.
 * Status: NOT_FOUND for an unknown trial; ALREADY_EXISTS for one told before; INVALID_ARGUMENT for a missing metric
 *   or a child that is none of the space; FAILED_PRECONDITION when another call uses the study.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_tell(nasshrink_study* study,
                                                                       const uint8_t* observations,
                                                                       size_t observations_size, nasshrink_error** err);

/* What has been found so far, best first.
 *
 * Parameters: study and out must not be NULL; out receives a `StudyReport` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION when another call uses the study.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_report(const nasshrink_study* study,
                                                                         nasshrink_buffer** out, nasshrink_error** err);

/* The whole study, its space included.
 *
 * Parameters: study and out must not be NULL; out receives a `StudySnapshot` message.
 * Ownership: *out belongs to the caller (nasshrink_buffer_free).
 * Status: FAILED_PRECONDITION when another call uses the study.
 * Threads: thread-compatible.
 * Since: 0.1
 */
NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status nasshrink_study_snapshot(const nasshrink_study* study,
                                                                           nasshrink_buffer** out,
                                                                           nasshrink_error** err);

/* Releases a study.
 *
 * Parameters: study may be NULL, which does nothing.
 * Ownership: takes the study.
 * Status: none; never fails.
 * Threads: thread-compatible; any thread.
 * Since: 0.1
 */
NASSHRINK_API void nasshrink_study_free(nasshrink_study* study);

#ifdef __cplusplus
}
#endif

#endif /* NASSHRINK_H_ */
