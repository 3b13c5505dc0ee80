// JPEG (libjpeg-turbo) and PNG (libpng) files as pictures of three channels.
//
// Everything comes out as RGB: grey pictures three times the same, CMYK and YCCK turned into RGB as Adobe's files mean
// them, transparency left out, 16-bit samples reduced to 8. JPEG is decoded with libjpeg's defaults (integer DCT,
// fancy upsampling). Damaged and cut files are errors, never half a picture. May be called from several threads.
#ifndef NASSHRINK_NN_PICTURE_DECODER_H_
#define NASSHRINK_NN_PICTURE_DECODER_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "nn/picture.h"

namespace nasshrink::nn {

// Most pixels of one picture; larger ones are refused before memory is asked for.
inline constexpr uint64_t kMaxPicturePixels = 100'000'000;

// The picture in the bytes of a file; `name` is for messages. DATA_LOSS for bytes that are no whole JPEG or PNG,
// RESOURCE_EXHAUSTED for one of more than kMaxPicturePixels.
base::Result<Picture> DecodePicture(std::string_view bytes, const std::string& name);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_PICTURE_DECODER_H_
