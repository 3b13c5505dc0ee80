// Sinks: what reaches them, when they are destroyed, and how a callback's error comes back.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "capi/fixture.h"

namespace nasshrink::tests {
namespace {

// What a sink has seen.
struct Seen {
  std::atomic<int> destroyed{0};
  std::atomic<int> calls{0};
  std::atomic<int> calls_after_destroy{0};
  std::mutex mutex;
  std::vector<std::string> records;
  // The error to return from the n-th event on; 0 for none.
  int fail_at = 0;
  nasshrink_cancel* trigger = nullptr;
};

void Note(Seen* seen, const uint8_t* bytes, size_t size) {
  if (seen->destroyed > 0) ++seen->calls_after_destroy;
  const std::lock_guard<std::mutex> lock(seen->mutex);
  seen->records.emplace_back(reinterpret_cast<const char*>(bytes), size);
}

void OnLog(void* user_data, const uint8_t* record, size_t size) {
  auto* const seen = static_cast<Seen*>(user_data);
  ++seen->calls;
  Note(seen, record, size);
}

nasshrink_error* OnEvent(void* user_data, const uint8_t* event, size_t size) {
  auto* const seen = static_cast<Seen*>(user_data);
  const int call = ++seen->calls;
  Note(seen, event, size);
  if (seen->trigger != nullptr) nasshrink_cancel_trigger(seen->trigger);
  if (seen->fail_at == 0 || call < seen->fail_at) return nullptr;
  return nasshrink_error_create(NASSHRINK_UNAVAILABLE, "the database is away", 20);
}

void OnDestroy(void* user_data) { ++static_cast<Seen*>(user_data)->destroyed; }

nasshrink_log_sink LogSinkOf(Seen* seen) {
  nasshrink_log_sink sink = {};
  sink.struct_size = sizeof(sink);
  sink.user_data = seen;
  sink.write = OnLog;
  sink.destroy = OnDestroy;
  return sink;
}

nasshrink_event_sink EventSinkOf(Seen* seen) {
  nasshrink_event_sink sink = {};
  sink.struct_size = sizeof(sink);
  sink.user_data = seen;
  sink.on_event = OnEvent;
  sink.destroy = OnDestroy;
  return sink;
}

class CallbacksTest : public testing::Test {
 protected:
  ~CallbacksTest() override {
    for (const Seen* seen : {&log_, &events_}) EXPECT_EQ(seen->calls_after_destroy, 0);
  }
  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }

  RunHandle Start(const World& world, const nasshrink_event_sink& sink, nasshrink_cancel* cancel = nullptr) {
    const std::string plan = world.Plan().SerializeAsString();
    return Make<RunHandle>(nasshrink_run_start, world.context.get(), Data(plan), plan.size(), nullptr, nullptr, nullptr,
                           &sink, cancel);
  }

  // Something that is logged: a back end that is not there.
  static void FailToOpen(nasshrink_context* context) {
    v1::DatasetOptions options;
    options.set_source("synthetic:2");
    const std::string bytes = options.SerializeAsString();
    nasshrink_dataset* dataset = nullptr;
    EXPECT_EQ(Try(nasshrink_dataset_open, context, Data(bytes), bytes.size(), &dataset).status,
              NASSHRINK_FAILED_PRECONDITION);
  }

  Seen log_;
  Seen events_;
};

TEST_F(CallbacksTest, ALogSinkIsDestroyedWithTheLastReferenceOfItsContext) {
  const nasshrink_log_sink sink = LogSinkOf(&log_);
  Context context = NewContext(&sink);
  Space space = Make<Space>(nasshrink_space_preset, context.get(), "nas-bench-201", nullptr, size_t{0});
  FailToOpen(context.get());
  context.reset();
  EXPECT_EQ(log_.destroyed, 0);
  space.reset();
  EXPECT_EQ(log_.destroyed, 1);
  ASSERT_EQ(log_.records.size(), 1U);
  v1::LogRecord record;
  ASSERT_TRUE(record.ParseFromString(log_.records[0]));
  EXPECT_EQ(record.level(), "error");
  EXPECT_NE(record.text().find("libnasshrink_torch.so"), std::string::npos) << record.text();
}

TEST_F(CallbacksTest, ALogSinkIsDestroyedWhenTheContextCannotBeMade) {
  const nasshrink_log_sink sink = LogSinkOf(&log_);
  v1::ContextOptions options;
  options.set_device("abacus");
  const std::string bytes = options.SerializeAsString();
  nasshrink_context* context = nullptr;
  EXPECT_EQ(Try(nasshrink_context_create, Data(bytes), bytes.size(), &sink, &context).status,
            NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(log_.destroyed, 1);
  EXPECT_EQ(Try(nasshrink_context_create, nullptr, size_t{0}, &sink, nullptr).status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(log_.destroyed, 2);
}

TEST_F(CallbacksTest, ASinkOfTheWrongSizeIsRefusedAndLeftAlone) {
  nasshrink_log_sink sink = LogSinkOf(&log_);
  sink.struct_size = sizeof(sink) - 8;
  nasshrink_context* context = nullptr;
  Outcome outcome = Try(nasshrink_context_create, nullptr, size_t{0}, &sink, &context);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(outcome.details.field(), "log.struct_size");
  EXPECT_EQ(log_.destroyed, 0);
}

// A caller built against a later version may pass a longer struct, as long as it asks for nothing new.
TEST_F(CallbacksTest, ALongerSinkIsTakenWhenItsNewBytesAreZero) {
  struct Later {
    nasshrink_log_sink sink;
    uint64_t added;
  };
  Later later = {LogSinkOf(&log_), 0};
  later.sink.struct_size = sizeof(later);
  Make<Context>(nasshrink_context_create, nullptr, size_t{0}, &later.sink).reset();
  EXPECT_EQ(log_.destroyed, 1);
  later.added = 1;
  nasshrink_context* context = nullptr;
  EXPECT_EQ(Try(nasshrink_context_create, nullptr, size_t{0}, &later.sink, &context).status,
            NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(CallbacksTest, TheSinksLevelHoldsRecordsBack) {
  nasshrink_log_sink sink = LogSinkOf(&log_);
  sink.min_level = NASSHRINK_LOG_ERROR + 1;
  const Context context = NewContext(&sink);
  FailToOpen(context.get());
  EXPECT_EQ(log_.calls, 0);
}

TEST_F(CallbacksTest, LogRecordsCanBePulledWithoutASink) {
  const Context context = NewContext();
  EXPECT_EQ(Make<Buffer>(nasshrink_context_next_log, context.get(), int64_t{0}), nullptr);
  FailToOpen(context.get());
  EXPECT_EQ(Ask<v1::LogRecord>(nasshrink_context_next_log, context.get(), int64_t{-1}).level(), "error");
  EXPECT_EQ(Make<Buffer>(nasshrink_context_next_log, context.get(), int64_t{0}), nullptr);
}

TEST_F(CallbacksTest, EventsComeInOrderAndTheSinkIsDestroyedWithTheRun) {
  const World world;
  RunHandle run = Start(world, EventSinkOf(&events_));
  EXPECT_EQ(Try(nasshrink_run_wait, run.get(), int64_t{-1}).status, NASSHRINK_OK);
  uint64_t last = 0;
  for (const std::string& bytes : events_.records) {
    v1::RunEvent event;
    ASSERT_TRUE(event.ParseFromString(bytes));
    EXPECT_GE(event.sequence(), last);
    last = event.sequence();
  }
  // Pulling gives the same events.
  size_t pulled = 0;
  for (nasshrink_buffer* bytes = nullptr;
       Try(nasshrink_run_next_event, run.get(), int64_t{-1}, &bytes).status == NASSHRINK_OK; ++pulled) {
    EXPECT_EQ(BytesOf(bytes), events_.records.at(pulled));
    nasshrink_buffer_free(bytes);
  }
  EXPECT_EQ(pulled, events_.records.size());
  EXPECT_EQ(events_.destroyed, 0);
  run.reset();
  EXPECT_EQ(events_.destroyed, 1);
}

TEST_F(CallbacksTest, AnEventSinkIsDestroyedWhenTheRunCannotStart) {
  const World world;
  const nasshrink_event_sink sink = EventSinkOf(&events_);
  nasshrink_run* run = nullptr;
  EXPECT_EQ(Try(nasshrink_run_start, world.context.get(), Data("x"), size_t{1}, nullptr, nullptr, nullptr, &sink,
                nullptr, &run)
                .status,
            NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(events_.destroyed, 1);
  EXPECT_EQ(
      Try(nasshrink_run_resume, world.context.get(), "/nonexistent", uint32_t{0}, nullptr, &sink, nullptr, &run).status,
      NASSHRINK_NOT_FOUND);
  EXPECT_EQ(events_.destroyed, 2);
  EXPECT_EQ(
      Try(nasshrink_run_start, nullptr, nullptr, size_t{0}, nullptr, nullptr, nullptr, &sink, nullptr, nullptr).status,
      NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(events_.destroyed, 3);
  EXPECT_EQ(events_.calls, 0);
}

TEST_F(CallbacksTest, ACallbacksErrorEndsTheRunUnchanged) {
  const World world;
  events_.fail_at = 2;
  RunHandle run = Start(world, EventSinkOf(&events_));
  const Outcome outcome = Try(nasshrink_run_wait, run.get(), int64_t{-1});
  EXPECT_EQ(outcome.status, NASSHRINK_UNAVAILABLE);
  EXPECT_EQ(outcome.message, "the database is away");
  EXPECT_EQ(Ask<v1::RunProgress>(nasshrink_run_progress, run.get()).state(), v1::RunProgress::STATE_FAILED);
  nasshrink_buffer* result = nullptr;
  EXPECT_EQ(Try(nasshrink_run_result, run.get(), &result).status, NASSHRINK_UNAVAILABLE);
  run.reset();
  EXPECT_EQ(events_.destroyed, 1);
}

TEST_F(CallbacksTest, ALatchTriggeredInACallbackCancelsTheRun) {
  const World world;
  Cancel cancel = Make<Cancel>(nasshrink_cancel_create);
  events_.trigger = cancel.get();
  RunHandle run = Start(world, EventSinkOf(&events_), cancel.get());
  EXPECT_EQ(Try(nasshrink_run_wait, run.get(), int64_t{-1}).status, NASSHRINK_CANCELLED);
  EXPECT_EQ(nasshrink_cancel_is_triggered(cancel.get()), 1);
  run.reset();
  EXPECT_EQ(events_.destroyed, 1);
}

TEST_F(CallbacksTest, FreeingARunStopsIt) {
  const World world;
  Start(world, EventSinkOf(&events_)).reset();
  EXPECT_EQ(events_.destroyed, 1);
}

TEST_F(CallbacksTest, TensorMemoryIsReleasedOnceOnSuccessAndOnFailure) {
  const World world;
  const std::vector<float> values(6, 1.0F);
  const std::vector<int64_t> shape = {2, 3};
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  view.user_data = &log_;
  view.release = OnDestroy;
  view.data = values.data();
  view.dtype = NASSHRINK_DTYPE_FLOAT32;
  view.ndim = 2;
  view.shape = shape.data();
  Tensor tensor = Make<Tensor>(nasshrink_tensor_wrap, world.context.get(), &view);
  nasshrink_tensor_view seen = {};
  seen.struct_size = sizeof(seen);
  ASSERT_EQ(Try(nasshrink_tensor_view_of, tensor.get(), &seen).status, NASSHRINK_OK);
  EXPECT_EQ(seen.data, values.data());
  EXPECT_EQ(std::vector<int64_t>(seen.shape, seen.shape + seen.ndim), shape);
  EXPECT_EQ(seen.strides[0], 3);
  EXPECT_EQ(log_.destroyed, 0);
  tensor.reset();
  EXPECT_EQ(log_.destroyed, 1);

  const auto refused = [&](nasshrink_tensor_view bad, const char* field) {
    nasshrink_tensor* none = nullptr;
    const int before = log_.destroyed;
    const Outcome outcome = Try(nasshrink_tensor_wrap, world.context.get(), &bad, &none);
    EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
    EXPECT_EQ(outcome.details.field(), field);
    EXPECT_EQ(log_.destroyed, before + 1);
  };
  const int64_t negative[] = {2, -3};
  const int64_t huge[] = {INT64_MAX, 3};
  const int64_t transposed[] = {1, 2};
  nasshrink_tensor_view bad = view;
  bad.dtype = 9;
  refused(bad, "view.dtype");
  bad = view;
  bad.device = 1;
  refused(bad, "view.device");
  bad = view;
  bad.ndim = NASSHRINK_MAX_DIMENSIONS + 1;
  refused(bad, "view.ndim");
  bad = view;
  bad.shape = nullptr;
  refused(bad, "view.shape");
  bad = view;
  bad.shape = negative;
  refused(bad, "view.shape[1]");
  bad = view;
  bad.shape = huge;
  refused(bad, "view.shape[0]");
  bad = view;
  bad.strides = transposed;
  refused(bad, "view.strides[0]");
  bad = view;
  bad.data = nullptr;
  refused(bad, "view.data");
}

}  // namespace
}  // namespace nasshrink::tests
