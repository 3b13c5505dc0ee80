#include "base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

namespace nasshrink::base {
namespace {

std::string Image() {
  static const float values[] = {1, 2, 3, 4, 5, 6};
  static const int64_t counts[] = {7};
  SafetensorsWriter writer;
  writer.SetMetadata("format", "nasshrink");
  EXPECT_TRUE(writer.Add("b", "U8", {3}, "xyz").ok());
  EXPECT_TRUE(writer.Add("a", "F32", {2, 3}, {reinterpret_cast<const char*>(values), sizeof(values)}).ok());
  EXPECT_TRUE(writer.Add("scalar", "I64", {}, {reinterpret_cast<const char*>(counts), sizeof(counts)}).ok());
  EXPECT_TRUE(writer.Add("empty", "F32", {0, 5}, "").ok());
  return writer.Finish();
}

std::string WithHeader(const std::string& header, const std::string& data) {
  std::string image(8, '\0');
  image[0] = static_cast<char>(header.size());
  return image + header + data;
}

TEST(Safetensors, ReadsWhatItWrote) {
  const std::string bytes = Image();
  const auto image = ParseSafetensors(bytes);
  ASSERT_TRUE(image.ok()) << image.status().message();
  EXPECT_EQ(image->metadata.at("format"), "nasshrink");
  ASSERT_EQ(image->tensors.size(), 4U);
  const SafetensorsTensor* a = image->Find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->dtype, "F32");
  EXPECT_EQ(a->shape, (std::vector<int64_t>{2, 3}));
  float last = 0;
  std::memcpy(&last, a->data.data() + 5 * sizeof(float), sizeof(float));
  EXPECT_EQ(last, 6);
  EXPECT_EQ(image->Find("b")->data, "xyz");
  EXPECT_TRUE(image->Find("scalar")->shape.empty());
  EXPECT_EQ(image->Find("nothing"), nullptr);
}

TEST(Safetensors, HasTheFormatsLayout) {
  SafetensorsWriter writer;
  ASSERT_TRUE(writer.Add("t", "U8", {2}, "hi").ok());
  std::string header = R"({"t":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(writer.Finish(), WithHeader(header, "hi"));
}

TEST(Safetensors, BytesDoNotDependOnTheOrder) {
  SafetensorsWriter one;
  SafetensorsWriter other;
  ASSERT_TRUE(one.Add("x", "U8", {1}, "1").ok());
  ASSERT_TRUE(one.Add("y", "I32", {1}, "2222").ok());
  ASSERT_TRUE(other.Add("y", "I32", {1}, "2222").ok());
  ASSERT_TRUE(other.Add("x", "U8", {1}, "1").ok());
  EXPECT_EQ(one.Finish(), other.Finish());
}

TEST(Safetensors, RefusesEveryTornImage) {
  const std::string bytes = Image();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto image = ParseSafetensors(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(image.status().code(), Code::kDataLoss) << size;
  }
  EXPECT_EQ(ParseSafetensors(bytes + "x").status().code(), Code::kDataLoss);
}

TEST(Safetensors, RefusesForeignHeaders) {
  const char* headers[] = {
      "[]",
      R"({"t":1})",
      R"({"t":{"dtype":"U8","shape":[2]}})",
      R"({"t":{"dtype":"Q8","shape":[2],"data_offsets":[0,2]}})",
      R"({"t":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})",
      R"({"t":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}})",
      R"({"t":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}})",
      R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
      R"({"t":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}})",
      R"({"t":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
      R"({"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"u":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
      R"({"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"__metadata__":{"a":1}})",
  };
  for (const char* header : headers) {
    EXPECT_EQ(ParseSafetensors(WithHeader(header, "hi")).status().code(), Code::kDataLoss) << header;
  }
}

TEST(Safetensors, RefusesAHeaderLengthBeyondTheImage) {
  EXPECT_EQ(ParseSafetensors(std::string(8, '\xff') + "{}").status().code(), Code::kDataLoss);
}

TEST(SafetensorsWriter, RefusesTensorsThatDoNotFit) {
  SafetensorsWriter writer;
  EXPECT_EQ(writer.Add("t", "F32", {2}, "xyz").code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.Add("t", "F99", {1}, "x").code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.Add("t", "U8", {-1}, "").code(), Code::kInvalidArgument);
  EXPECT_EQ(writer.Add("__metadata__", "U8", {1}, "x").code(), Code::kInvalidArgument);
  ASSERT_TRUE(writer.Add("t", "U8", {1}, "x").ok());
  EXPECT_EQ(writer.Add("t", "U8", {1}, "x").code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace nasshrink::base
