// A folder of JPEG and PNG files: which there are, what they are labelled, and which part they belong to.
//
// Only names are read here; pictures are decoded when a batch needs them.
#ifndef NASSHRINK_NN_IMAGE_FOLDER_H_
#define NASSHRINK_NN_IMAGE_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace nasshrink::nn {

// Files in the order of their place in their class, then of classes: the first ones of any number are of all classes.
struct PictureFiles {
  std::vector<std::string> paths;
  std::vector<uint64_t> sizes;  // bytes of each file
  std::vector<int64_t> labels;  // empty without class folders
};

struct ImageFolder {
  std::vector<std::string> classes;  // in byte order; a label is a place here
  PictureFiles train;
  PictureFiles validation;  // empty when validation images are to be held out of `train`
  PictureFiles test;
};

// Classes are the folders in DIR, or in DIR/train where that exists; pictures are found at any depth below. With
// DIR/train, DIR/test is the test part and DIR/val the validation part; DIR/val without DIR/test is the test part, as
// ImageNet's validation images are used. NOT_FOUND without pictures, INVALID_ARGUMENT for a class that training lacks,
// a picture beside class folders, or an empty class.
base::Result<ImageFolder> ListImageFolder(const std::string& folder);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_IMAGE_FOLDER_H_
