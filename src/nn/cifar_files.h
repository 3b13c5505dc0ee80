// CIFAR-10 in its own binary format and as a collection of JPEG files.
//
// Everything about a file is checked before it is used; errors name the file and, where it is one, the image.
#ifndef NASSHRINK_NN_CIFAR_FILES_H_
#define NASSHRINK_NN_CIFAR_FILES_H_

#include <string>

#include "base/status.h"
#include "nn/labelled_images.h"

namespace nasshrink::nn {

// A folder with "data_batch_1.bin" .. "data_batch_5.bin" and "test_batch.bin", each plain or with ".gz"; or
// "TRAIN" or "TRAIN,TEST", files of such records of any length, plain or gzip-compressed.
base::Result<TrainAndTest> ReadCifarBinary(const std::string& place, const ReadRequest& request);

// 32x32 pictures named "train/IIIII_L.jpg" and "test/IIIII_L.jpg", I counting images from 0 and L the label, in a
// folder or in a tar archive, plain or gzip-compressed. The order is that of I, whatever the order of the files.
// Decoded by `request.workers` threads.
base::Result<TrainAndTest> ReadCifarJpeg(const std::string& place, const ReadRequest& request);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_CIFAR_FILES_H_
