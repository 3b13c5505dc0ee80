// Architecture parameters inside a supernet's image: "architecture.alpha" and the state of their optimiser, F64, all
// choices' candidates one after another.
#ifndef NASSHRINK_NN_ARCHITECTURE_FILE_H_
#define NASSHRINK_NN_ARCHITECTURE_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "base/status.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// True for the names of these tensors.
bool IsArchitectureTensor(const std::string& name);

// The tensors of some parameters, or none.
class ArchitectureTensors {
 public:
  explicit ArchitectureTensors(const std::optional<run::ArchitectureParameters>& parameters);
  // The object must outlive the writer's Finish.
  base::Status AddTo(base::SafetensorsWriter* writer) const;

 private:
  std::vector<double> alpha_, first_moment_, second_moment_, state_;
};

// None when the image has none; DATA_LOSS when they do not fit the space.
base::Result<std::optional<run::ArchitectureParameters>> ReadArchitecture(const space::Space& space,
                                                                          const base::SafetensorsImage& image);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ARCHITECTURE_FILE_H_
