#include "space/parse_message.h"

#include <google/protobuf/stubs/logging.h>

#include <climits>

namespace nasshrink::space {

bool ParseMessage(std::string_view bytes, google::protobuf::MessageLite* message) {
  if (bytes.size() > INT_MAX) return false;
  const google::protobuf::LogSilencer silence;
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace nasshrink::space
