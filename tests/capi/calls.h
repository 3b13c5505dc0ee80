// Every function that returns a status, called once with arguments that are right, so that one can be spoiled at a
// time.
#ifndef NASSHRINK_TESTS_CAPI_CALLS_H_
#define NASSHRINK_TESTS_CAPI_CALLS_H_

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "capi/fixture.h"

namespace nasshrink::tests {

template <typename T>
constexpr bool kIsHandle =
    std::is_same_v<T, nasshrink_buffer> || std::is_same_v<T, nasshrink_cancel> ||
    std::is_same_v<T, nasshrink_context> || std::is_same_v<T, nasshrink_space> || std::is_same_v<T, nasshrink_arch> ||
    std::is_same_v<T, nasshrink_tensor> || std::is_same_v<T, nasshrink_dataset> || std::is_same_v<T, nasshrink_table> ||
    std::is_same_v<T, nasshrink_supernet> || std::is_same_v<T, nasshrink_trainer> || std::is_same_v<T, nasshrink_run> ||
    std::is_same_v<T, nasshrink_study>;

// Hands pointers through, all but the one to be spoiled, and notes their names.
class Pass {
 public:
  Pass() = default;
  Pass(std::string spoiled, void* with) : spoiled_(std::move(spoiled)), with_(with) {}

  template <typename T>
  T* operator()(const char* name, T* pointer) {
    names.emplace_back(name);
    if (kIsHandle<std::remove_const_t<T>>) handles.emplace_back(name);
    return spoiled_ == name ? static_cast<T*>(with_) : pointer;
  }

  std::vector<std::string> names;
  std::vector<std::string> handles;

 private:
  std::string spoiled_;
  void* with_ = nullptr;
};

struct Call {
  std::string function;
  // What the call comes to when nothing is spoiled.
  nasshrink_status expected = NASSHRINK_OK;
  std::function<Outcome(Pass&)> make;
};

// The handles the calls use; must outlive them.
struct CallWorld {
  CallWorld();
  World world;
  TemporaryFolder folder;
  std::string checkpoint;
  std::string run_folder;
  Trainer trainer;
  RunHandle run;
  Study study;
  Tensor images;
  Tensor labels;
  Cancel cancel;
  std::vector<float> pixels;
  std::vector<int64_t> targets;
  int runs = 0;
};

std::vector<Call> AllCalls(CallWorld& world);

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_CAPI_CALLS_H_
