// Protobuf bytes to a message, without a word on standard error.
#ifndef NASSHRINK_SPACE_PARSE_MESSAGE_H_
#define NASSHRINK_SPACE_PARSE_MESSAGE_H_

#include <google/protobuf/message_lite.h>

#include <string_view>

namespace nasshrink::space {

// False for bytes that are malformed, truncated, nested too deeply (protobuf's limit of 100), above 2 GiB, or hold text
// that is not UTF-8. The runtime would report the last on standard error, which is its host's, not ours.
bool ParseMessage(std::string_view bytes, google::protobuf::MessageLite* message);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PARSE_MESSAGE_H_
