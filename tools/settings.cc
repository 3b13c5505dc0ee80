#include "settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <string_view>

#include "output.h"

namespace nasshrink::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Part {
  std::string field;
  std::string element;  // what stands in "[...]"; empty for none
};

Part SplitPart(std::string_view text) {
  const size_t open = text.find('[');
  if (open == std::string_view::npos) return {std::string(text), ""};
  if (text.back() != ']') FailCall(fmt::format("--set: '{}' lacks its closing bracket", text));
  return {std::string(text.substr(0, open)), std::string(text.substr(open + 1, text.size() - open - 2))};
}

const FieldDescriptor* FieldOf(const Message& message, const std::string& name, std::string_view setting) {
  const Descriptor* descriptor = message.GetDescriptor();
  if (const FieldDescriptor* field = descriptor->FindFieldByName(name)) return field;
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) names.push_back(descriptor->field(i)->name());
  FailCall(fmt::format("--set {}: there is no field '{}' (fields: {})", setting, name, fmt::join(names, ", ")));
}

// The element with this index, or whose `key` field has this value.
Message* ElementOf(Message* message, const FieldDescriptor* field, const std::string& element,
                   std::string_view setting) {
  const auto* reflection = message->GetReflection();
  const int size = reflection->FieldSize(*message, field);
  const bool number = !element.empty() && std::all_of(element.begin(), element.end(), [](char character) {
    return character >= '0' && character <= '9';
  });
  const FieldDescriptor* key = field->message_type()->FindFieldByName("key");
  for (int i = 0; i < size; ++i) {
    Message* candidate = reflection->MutableRepeatedMessage(message, field, i);
    if (number ? std::to_string(i) == element
               : key != nullptr && candidate->GetReflection()->GetString(*candidate, key) == element) {
      return candidate;
    }
  }
  FailCall(fmt::format("--set {}: {} has {} elements and none is '{}'", setting, field->name(), size, element));
}

void SetValue(Message* message, const FieldDescriptor* field, const std::string& value, std::string_view setting) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    FailCall(fmt::format("--set {}: {} is a message; name one of its fields", setting, field->name()));
  }
  const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (text && !field->is_repeated()) return message->GetReflection()->SetString(message, field, value);
  google::protobuf::TextFormat::Parser parser;
  if (field->is_repeated()) message->GetReflection()->ClearField(message, field);
  // Elements of a list are separated by commas.
  for (size_t begin = 0; begin <= value.size();) {
    const size_t comma = field->is_repeated() ? value.find(',', begin) : std::string::npos;
    const size_t end = comma == std::string::npos ? value.size() : comma;
    const std::string item = value.substr(begin, end - begin);
    begin = end + 1;
    if (text) {
      message->GetReflection()->AddString(message, field, item);
    } else if (!parser.ParseFieldValueFromString(item, field, message)) {
      FailCall(fmt::format("--set {}: '{}' is no value of {}, which is {}", setting, item, field->name(),
                           field->type_name()));
    }
  }
}

void ApplySetting(const std::string& setting, Message* message) {
  const size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    FailCall(fmt::format("--set {}: is not of the form path=value", setting));
  }
  std::string_view path(setting.data(), equals);
  for (;;) {
    // Keys in brackets may hold dots.
    const size_t open = path.find('[');
    size_t dot = path.find('.');
    if (open < dot) dot = path.find('.', std::min(path.find(']'), path.size()));
    const Part part = SplitPart(path.substr(0, dot));
    const FieldDescriptor* field = FieldOf(*message, part.field, setting);
    if (dot == std::string_view::npos) return SetValue(message, field, setting.substr(equals + 1), setting);
    path.remove_prefix(dot + 1);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      FailCall(fmt::format("--set {}: {} has no fields", setting, part.field));
    }
    message = field->is_repeated() ? ElementOf(message, field, part.element, setting)
                                   : message->GetReflection()->MutableMessage(message, field);
  }
}

}  // namespace

void ApplySettings(const std::vector<std::string>& settings, Message* message) {
  for (const std::string& setting : settings) ApplySetting(setting, message);
}

}  // namespace nasshrink::tools
