// What the program prints: one result on standard output, errors as one line, and how it exits.
//
// A result is a JSON document; without --json it is shown as text made from the same document.
#ifndef NASSHRINK_TOOLS_OUTPUT_H_
#define NASSHRINK_TOOLS_OUTPUT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace nasshrink::tools {

using Json = nlohmann::ordered_json;

enum ExitCode : int { kDone = 0, kWorkFailed = 1, kCallWrong = 2, kInterrupted = 130 };

// Set once, before anything can fail.
void UseJson(bool on);

void PrintResult(const Json& document);

// `status` is a canonical code's name; `details` is added to the error of a JSON document.
[[noreturn]] void Fail(ExitCode code, std::string_view status, std::string_view message, const Json& details = {});

// A wrong call that the library never sees: INVALID_ARGUMENT, exit code 2.
[[noreturn]] void FailCall(std::string_view message);

std::string Hex(std::string_view bytes);

// 83 -> "1:23", 3723 -> "1:02:03".
std::string ClockText(double seconds);

// 1234567 -> "1,234,567".
std::string GroupedText(uint64_t number);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_OUTPUT_H_
