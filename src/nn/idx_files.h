// IDX files (MNIST and its kin), plain or gzip-compressed.
//
// Everything about a file is checked before it is used; errors name the file and, where it is one, the image.
#ifndef NASSHRINK_NN_IDX_FILES_H_
#define NASSHRINK_NN_IDX_FILES_H_

#include <string>

#include "base/status.h"
#include "nn/labelled_images.h"

namespace nasshrink::nn {

// "train-images-idx3-ubyte" and so on in `folder`, each plain or with ".gz".
base::Result<TrainAndTest> ReadFashionMnist(const std::string& folder, const ReadRequest& request);

// "IMAGES,LABELS" or "IMAGES,LABELS,TEST_IMAGES,TEST_LABELS"; without labels also "IMAGES", and LABELS may be empty.
base::Result<TrainAndTest> ReadIdxList(const std::string& list, const ReadRequest& request);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IDX_FILES_H_
