// Overlapping calls, many threads at once, fork, and what the library does to the process's signals.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "capi/fixture.h"
#include "nasshrink/v1/score.pb.h"

namespace nasshrink::tests {
namespace {

class ThreadsTest : public testing::Test {
 protected:
  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }
};

// Runs `work` on eight threads that start together.
void OnEightThreads(const std::function<void(int thread)>& work) {
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ++ready;
      while (ready < 8) std::this_thread::yield();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ThreadsTest, SharedHandlesAnswerEightThreadsAlike) {
  const World world;
  const std::string space = BytesOf(Make<Buffer>(nasshrink_space_serialize, world.space.get()).get());
  const std::string cost = BytesOf(Make<Buffer>(nasshrink_arch_cost, world.arch.get(), nullptr, size_t{0}).get());
  const std::string scores = world.Scores().SerializeAsString();
  std::atomic<int> different{0};
  OnEightThreads([&](int) {
    for (int i = 0; i < 20; ++i) {
      different += BytesOf(Make<Buffer>(nasshrink_space_serialize, world.space.get()).get()) != space;
      different += BytesOf(Make<Buffer>(nasshrink_arch_cost, world.arch.get(), nullptr, size_t{0}).get()) != cost;
      different += world.Scores().SerializeAsString() != scores;
      const Space parsed = Make<Space>(nasshrink_space_parse, world.context.get(), Data(space), space.size());
      different += BytesOf(Make<Buffer>(nasshrink_space_serialize, parsed.get()).get()) != space;
      nasshrink_space* none = nullptr;
      different += Try(nasshrink_space_parse, world.context.get(), Data("x"), size_t{1}, &none).status !=
                   NASSHRINK_INVALID_ARGUMENT;
    }
  });
  EXPECT_EQ(different, 0);
}

// Eight threads ask one study; each call either works or is told that another one is at it.
TEST_F(ThreadsTest, CallsThatOverlapOnAStudyAreRefusedAndDoNoHarm) {
  const World world;
  const std::string search = world.StudyMessage().SerializeAsString();
  const Study study = Make<Study>(nasshrink_study_create, world.space.get(), Data(search), search.size());
  std::atomic<int> asked{0};
  std::atomic<int> wrong{0};
  OnEightThreads([&](int) {
    for (int i = 0; i < 200; ++i) {
      nasshrink_buffer* bytes = nullptr;
      const nasshrink_status status = nasshrink_study_ask(study.get(), 1, &bytes, nullptr);
      if (status == NASSHRINK_OK) {
        v1::TrialList trials;
        wrong += !trials.ParseFromString(BytesOf(bytes));
        asked += trials.trials_size();
      } else {
        wrong += status != NASSHRINK_FAILED_PRECONDITION;
      }
      nasshrink_buffer_free(bytes);
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(asked, 8);
  EXPECT_EQ(Ask<v1::StudyReport>(nasshrink_study_report, study.get()).asked(), 8U);
}

// An event callback runs in the middle of the run that owns the supernet.
struct Busy {
  const nasshrink_supernet* supernet = nullptr;
  nasshrink_run* run = nullptr;
  nasshrink_status described = NASSHRINK_OK;
};

nasshrink_error* Describe(void* user_data, const uint8_t*, size_t) {
  auto* const busy = static_cast<Busy*>(user_data);
  nasshrink_buffer* out = nullptr;
  busy->described = nasshrink_supernet_describe(busy->supernet, &out, nullptr);
  nasshrink_buffer_free(out);
  return nullptr;
}

TEST_F(ThreadsTest, ASupernetGivenToARunIsRefusedUntilTheRunGivesItBack) {
  const World world;
  const std::string net = world.SupernetMessage().SerializeAsString();
  const Supernet supernet = Make<Supernet>(nasshrink_supernet_create, world.space.get(), Data(net), net.size());
  const Trainer trainer = Make<Trainer>(nasshrink_trainer_create, supernet.get(), nullptr, size_t{0});
  Busy busy;
  busy.supernet = supernet.get();
  nasshrink_event_sink sink = {};
  sink.struct_size = sizeof(sink);
  sink.user_data = &busy;
  sink.on_event = Describe;
  const std::string plan = world.Plan().SerializeAsString();
  const RunHandle run = Make<RunHandle>(nasshrink_run_start, world.context.get(), Data(plan), plan.size(),
                                        supernet.get(), nullptr, nullptr, &sink, nullptr);
  EXPECT_EQ(Try(nasshrink_run_wait, run.get(), int64_t{-1}).status, NASSHRINK_OK);
  EXPECT_EQ(busy.described, NASSHRINK_FAILED_PRECONDITION);
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_trainer_snapshot, trainer.get(), &out).status, NASSHRINK_FAILED_PRECONDITION);
  nasshrink_run* second = nullptr;
  EXPECT_EQ(Try(nasshrink_run_start, world.context.get(), Data(plan), plan.size(), supernet.get(), nullptr, nullptr,
                nullptr, nullptr, &second)
                .status,
            NASSHRINK_FAILED_PRECONDITION);
  const Supernet last = Make<Supernet>(nasshrink_run_supernet, run.get());
  EXPECT_EQ(Ask<v1::SupernetSummary>(nasshrink_supernet_describe, last.get()).backend(), "table");
}

TEST_F(ThreadsTest, HandlesMayBeFreedWhileCallsUseThem) {
  for (int round = 0; round < 20; ++round) {
    World world;
    nasshrink_space* const space = world.space.get();
    std::atomic<bool> go{false};
    std::thread reader([&] {
      while (!go) std::this_thread::yield();
      nasshrink_buffer* out = nullptr;
      const nasshrink_status status = nasshrink_space_count(space, nullptr, 0, &out, nullptr);
      EXPECT_TRUE(status == NASSHRINK_OK || status == NASSHRINK_INVALID_ARGUMENT) << status;
      EXPECT_EQ(out != nullptr, status == NASSHRINK_OK);
      nasshrink_buffer_free(out);
    });
    go = true;
#ifdef __SANITIZE_ADDRESS__
    reader.join();
    world.space.reset();
#else
    world.space.reset();
    reader.join();
#endif
  }
}

TEST_F(ThreadsTest, AForkedChildIsAnsweredInsteadOfHanging) {
  for (const uint32_t workers : {1U, 2U}) {
    const World world(workers);
    world.Scores();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);
      nasshrink_buffer* out = nullptr;
      const nasshrink_status status =
          nasshrink_table_score_operators(world.table.get(), nullptr, 0, nullptr, &out, nullptr);
      nasshrink_context* context = nullptr;
      const nasshrink_status created = nasshrink_context_create(nullptr, 0, nullptr, &context, nullptr);
      _exit(status == NASSHRINK_FAILED_PRECONDITION && created == NASSHRINK_FAILED_PRECONDITION && out == nullptr ? 0
                                                                                                                  : 1);
    }
    int ended = 0;
    ASSERT_EQ(waitpid(child, &ended, 0), child);
    EXPECT_TRUE(WIFEXITED(ended));
    EXPECT_EQ(WEXITSTATUS(ended), 0);
    EXPECT_EQ(world.Scores().scores_size(), 12);
  }
}

std::vector<std::string> Dispositions() {
  std::vector<std::string> all;
  for (int number = 1; number <= 64; ++number) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) != 0) continue;
    std::string bytes(sizeof(action.sa_flags) + sizeof(action.sa_handler), '\0');
    memcpy(bytes.data(), &action.sa_flags, sizeof(action.sa_flags));
    memcpy(bytes.data() + sizeof(action.sa_flags), &action.sa_handler, sizeof(action.sa_handler));
    all.push_back(bytes);
  }
  return all;
}

TEST_F(ThreadsTest, NoSignalDispositionChanges) {
  const std::vector<std::string> before = Dispositions();
  const World world;
  const std::string plan = world.Plan().SerializeAsString();
  RunHandle run = Make<RunHandle>(nasshrink_run_start, world.context.get(), Data(plan), plan.size(), nullptr, nullptr,
                                  nullptr, nullptr, nullptr);
  EXPECT_EQ(Try(nasshrink_run_wait, run.get(), int64_t{-1}).status, NASSHRINK_OK);
  run.reset();
  EXPECT_EQ(Dispositions(), before);
}

}  // namespace
}  // namespace nasshrink::tests
