// Measures children by one metric, with whatever the command was given: a supernet, an operator table or accuracies
// known beforehand.
#ifndef NASSHRINK_TOOLS_MEASURE_H_
#define NASSHRINK_TOOLS_MEASURE_H_

#include <map>
#include <string>
#include <vector>

#include "archs.h"
#include "handles.h"
#include "model.h"
#include "nasshrink/v1/score.pb.h"
#include "plans.h"
#include "shared_options.h"

namespace nasshrink::tools {

class Measure {
 public:
  // `data` may be empty where the metric needs no images. The model is borrowed.
  Measure(const Model* model, nasshrink_context* context, const std::string& data, const std::string& metric,
          nasshrink_cancel* cancel);

  // One value a child, in order; NaN for one that could not be measured.
  Outcome Values(const std::vector<Row>& rows, std::vector<double>* values);
  // What accuracies known beforehand lack (GapsOf).
  const std::string& gaps() const { return gaps_; }
  // Children measured in one call.
  size_t batch() const;

 private:
  Outcome FromTable(const std::vector<Row>& rows, std::vector<double>* values);
  Outcome FromSupernet(const std::vector<Row>& rows, std::vector<double>* values);
  Outcome FromTruth(const std::vector<Row>& rows, std::vector<double>* values);

  const Model* model_;
  std::string metric_;
  nasshrink_cancel* cancel_;
  Dataset dataset_;
  std::map<Row, double> truth_;
  std::string gaps_;
};

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_MEASURE_H_
