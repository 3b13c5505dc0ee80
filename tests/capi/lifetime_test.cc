// Handles freed in every order, with a run that may still be going; buffers, errors and latches.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "capi/fixture.h"

namespace nasshrink::tests {
namespace {

class LifetimeTest : public testing::Test {
 protected:
  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }
};

TEST_F(LifetimeTest, AllOrdersOfFreeingAreFine) {
  const World world;
  const std::string space_bytes = world.SpaceMessage().SerializeAsString();
  const std::string net = world.SupernetMessage().SerializeAsString();
  const std::string plan = world.Plan().SerializeAsString();
  const int64_t before = nasshrink_live_objects();
  std::array<int, 6> order = {0, 1, 2, 3, 4, 5};
  do {
    Context context = NewContext();
    Space space = Make<Space>(nasshrink_space_parse, context.get(), Data(space_bytes), space_bytes.size());
    Arch arch = Make<Arch>(nasshrink_arch_import, space.get(), "indices", "1 1 1 3 3 3", size_t{11});
    Supernet supernet = Make<Supernet>(nasshrink_supernet_create, space.get(), Data(net), net.size());
    Trainer trainer = Make<Trainer>(nasshrink_trainer_create, supernet.get(), nullptr, size_t{0});
    RunHandle run = Make<RunHandle>(nasshrink_run_start, context.get(), Data(plan), plan.size(), nullptr, nullptr,
                                    nullptr, nullptr, nullptr);
    const std::array<std::function<void()>, 6> frees = {[&] { context.reset(); }, [&] { space.reset(); },
                                                        [&] { arch.reset(); },    [&] { supernet.reset(); },
                                                        [&] { trainer.reset(); }, [&] { run.reset(); }};
    for (const int next : order) frees[next]();
    ASSERT_EQ(nasshrink_live_objects(), before);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(LifetimeTest, ChildrenKeepWorkingWithoutTheirParents) {
  World world;
  world.context.reset();
  world.root.reset();
  world.space.reset();
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_arch_export, world.arch.get(), "ops").get()), "1 3 1 3 3 1");
  Table table = std::move(world.table);
  const Table copy = Make<Table>(nasshrink_supernet_table, world.supernet.get(), nullptr, size_t{0});
  world.supernet.reset();
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_table_serialize, copy.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_table_serialize, table.get()).get()));
}

TEST_F(LifetimeTest, BuffersHoldACopy) {
  std::string bytes("a\0b", 3);
  const Buffer buffer = Make<Buffer>(nasshrink_buffer_create, static_cast<const void*>(bytes.data()), bytes.size());
  bytes[0] = 'x';
  EXPECT_EQ(BytesOf(buffer.get()), std::string("a\0b", 3));
  EXPECT_EQ(nasshrink_buffer_size(Make<Buffer>(nasshrink_buffer_create, nullptr, size_t{0}).get()), 0U);
}

TEST_F(LifetimeTest, ErrorsCarryWhatTheyWereMadeWith) {
  const std::string text = "half of it is \xff missing";
  const Error error(nasshrink_error_create(NASSHRINK_DATA_LOSS, text.data(), text.size()));
  EXPECT_EQ(nasshrink_error_status(error.get()), NASSHRINK_DATA_LOSS);
  EXPECT_STREQ(nasshrink_error_message(error.get()), "half of it is ? missing");
  size_t size = 0;
  const uint8_t* bytes = nasshrink_error_details(error.get(), &size);
  v1::ErrorDetails details;
  ASSERT_TRUE(details.ParseFromArray(bytes, static_cast<int>(size)));
  EXPECT_EQ(details.status(), "DATA_LOSS");
  for (const int32_t number : {0, -1, 17, 1000}) {
    const Error unknown(nasshrink_error_create(number, nullptr, 0));
    EXPECT_EQ(nasshrink_error_status(unknown.get()), NASSHRINK_UNKNOWN);
    EXPECT_STREQ(nasshrink_error_message(unknown.get()), "");
  }
}

TEST_F(LifetimeTest, ALatchStaysTriggeredAndMayBeFreedEarly) {
  const World world;
  Cancel cancel = Make<Cancel>(nasshrink_cancel_create);
  EXPECT_EQ(nasshrink_cancel_is_triggered(cancel.get()), 0);
  nasshrink_cancel_trigger(cancel.get());
  nasshrink_cancel_trigger(cancel.get());
  EXPECT_EQ(nasshrink_cancel_is_triggered(cancel.get()), 1);
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_table_score_operators, world.table.get(), nullptr, size_t{0}, cancel.get(), &out).status,
            NASSHRINK_CANCELLED);
  const std::string plan = world.Plan().SerializeAsString();
  const RunHandle run = Make<RunHandle>(nasshrink_run_start, world.context.get(), Data(plan), plan.size(), nullptr,
                                        nullptr, nullptr, nullptr, cancel.get());
  cancel.reset();
  EXPECT_EQ(Try(nasshrink_run_wait, run.get(), int64_t{-1}).status, NASSHRINK_CANCELLED);
}

TEST_F(LifetimeTest, StatusesHaveTheirCanonicalNames) {
  EXPECT_STREQ(nasshrink_status_name(NASSHRINK_OK), "OK");
  EXPECT_STREQ(nasshrink_status_name(NASSHRINK_INVALID_ARGUMENT), "INVALID_ARGUMENT");
  EXPECT_STREQ(nasshrink_status_name(NASSHRINK_UNAUTHENTICATED), "UNAUTHENTICATED");
  EXPECT_STREQ(nasshrink_status_name(17), "UNKNOWN");
  EXPECT_STREQ(nasshrink_status_name(-1), "UNKNOWN");
}

TEST_F(LifetimeTest, TheLibrarySaysWhatItIs) {
  EXPECT_EQ(nasshrink_abi_version(), NASSHRINK_ABI_VERSION);
  const auto info = Ask<v1::BuildInfo>(nasshrink_build_info);
  EXPECT_EQ(info.version(), nasshrink_version_string());
  for (const std::string& text : {info.compiler(), info.protobuf_version(), info.sqlite_version()}) {
    EXPECT_FALSE(text.empty());
  }
}

}  // namespace
}  // namespace nasshrink::tests
