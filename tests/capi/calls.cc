#include "capi/calls.h"

#include <memory>

#include "nasshrink/dlpack.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/frontier.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/ranking.pb.h"
#include "nasshrink/v1/score.pb.h"

namespace nasshrink::tests {
namespace {

// Receives a handle and frees it.
template <typename Handle>
struct Out {
  typename Handle::pointer handle = nullptr;
  ~Out() { Handle(handle).reset(); }
};

template <typename T>
nasshrink_tensor_view ViewOf(const std::vector<T>& values, int32_t dtype, const std::vector<int64_t>& shape) {
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  view.data = values.data();
  view.dtype = dtype;
  view.ndim = static_cast<int32_t>(shape.size());
  view.shape = shape.data();
  return view;
}

struct Bytes {
  explicit Bytes(const google::protobuf::MessageLite& message) : text(message.SerializeAsString()) {}
  explicit Bytes(std::string bytes) : text(std::move(bytes)) {}
  const uint8_t* data() const { return Data(text); }
  size_t size() const { return text.size(); }
  std::string text;
};

// A float32 array that is given away by DLPack; its deleter frees it.
struct LentArray {
  explicit LentArray(std::vector<float>* values) : shape(static_cast<int64_t>(values->size())) {
    managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<LentArray*>(self->manager_ctx); };
    managed.dl_tensor.data = values->data();
    managed.dl_tensor.device = {kDLCPU, 0};
    managed.dl_tensor.ndim = 1;
    managed.dl_tensor.dtype = {kDLFloat, 32, 1};
    managed.dl_tensor.shape = &shape;
  }
  DLManagedTensorVersioned managed = {};
  int64_t shape;
};

nasshrink_error* Ignore(void*, const uint8_t*, size_t) { return nullptr; }
void IgnoreLog(void*, const uint8_t*, size_t) {}

}  // namespace

CallWorld::CallWorld() : checkpoint(folder.path() + "/net.safetensors"), run_folder(folder.path() + "/run") {
  pixels.assign(2 * 3 * 4 * 4, 0.5F);
  targets.assign(2, 0);
  const std::vector<int64_t> shape = {2, 3, 4, 4};
  const std::vector<int64_t> rows = {2};
  const nasshrink_tensor_view image_view = ViewOf(pixels, NASSHRINK_DTYPE_FLOAT32, shape);
  const nasshrink_tensor_view label_view = ViewOf(targets, NASSHRINK_DTYPE_INT64, rows);
  images = Make<Tensor>(nasshrink_tensor_wrap, world.context.get(), &image_view);
  labels = Make<Tensor>(nasshrink_tensor_wrap, world.context.get(), &label_view);
  cancel = Make<Cancel>(nasshrink_cancel_create);
  trainer = Make<Trainer>(nasshrink_trainer_create, world.supernet.get(), nullptr, size_t{0});
  const Bytes search(world.StudyMessage());
  study = Make<Study>(nasshrink_study_create, world.space.get(), search.data(), search.size());
  EXPECT_EQ(Try(nasshrink_supernet_save, world.supernet.get(), checkpoint.c_str()).status, NASSHRINK_OK);
  const Bytes plan(world.Plan());
  run = Make<RunHandle>(nasshrink_run_start, world.context.get(), plan.data(), plan.size(), nullptr, nullptr,
                        run_folder.c_str(), nullptr, nullptr);
  const Outcome waited = Try(nasshrink_run_wait, run.get(), int64_t{-1});
  EXPECT_EQ(waited.status, NASSHRINK_OK) << waited.message;
}

// The lambdas below capture the world by reference and what they need of bytes by value.
std::vector<Call> AllCalls(CallWorld& w) {
  std::vector<Call> calls;
  const auto add = [&](const char* function, std::function<Outcome(Pass&)> make,
                       nasshrink_status expected = NASSHRINK_OK) {
    calls.push_back({std::string("nasshrink_") + function, expected, std::move(make)});
  };
  const World& world = w.world;

  add("build_info", [](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_build_info, p("out", &out.handle));
  });
  add("buffer_create", [](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_buffer_create, p("data", static_cast<const void*>("x")), size_t{1}, p("out", &out.handle));
  });
  add("cancel_create", [](Pass& p) {
    Out<Cancel> out;
    return Try(nasshrink_cancel_create, p("out", &out.handle));
  });
  add("context_create", [](Pass& p) {
    Out<Context> out;
    nasshrink_log_sink log = {};
    log.struct_size = sizeof(log);
    log.write = IgnoreLog;
    return Try(nasshrink_context_create, p("options", Data("")), size_t{0},
               p("log", static_cast<const nasshrink_log_sink*>(&log)), p("out", &out.handle));
  });
  add("context_report", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_context_report, p("context", world.context.get()), p("out", &out.handle));
  });
  add("context_next_log", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_context_next_log, p("context", world.context.get()), int64_t{0}, p("out", &out.handle));
  });
  add("registry_list", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_registry_list, p("context", world.context.get()), p("kind", "presets"), p("out", &out.handle));
  });

  add("space_parse", [&world, bytes = Bytes(world.SpaceMessage())](Pass& p) {
    Out<Space> out;
    return Try(nasshrink_space_parse, p("context", world.context.get()), p("data", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  add("space_preset", [&world](Pass& p) {
    Out<Space> out;
    return Try(nasshrink_space_preset, p("context", world.context.get()), p("name", "nas-bench-201"),
               p("options", Data("")), size_t{0}, p("out", &out.handle));
  });
  add("space_import", [&world](Pass& p) {
    Out<Space> out;
    constexpr std::string_view kText = R"({"blocks":[[[[0,0,0,1],[2,0,0,[0,1]],[5,5,0,0],[1,2,5,0]]]]})";
    return Try(nasshrink_space_import, p("context", world.context.get()), p("format", "autospace-space"),
               p("text", kText.data()), kText.size(), p("out", &out.handle));
  });
  for (const auto& [name, function] :
       {std::pair{"space_serialize", &nasshrink_space_serialize}, {"space_describe", &nasshrink_space_describe}}) {
    add(name, [&world, function = function](Pass& p) {
      Out<Buffer> out;
      return Try(function, p("space", world.space.get()), p("out", &out.handle));
    });
  }
  add("space_restrict", [&world](Pass& p) {
    Out<Space> out;
    return Try(nasshrink_space_restrict, p("space", world.space.get()), p("edits", Data("")), size_t{0},
               p("out", &out.handle));
  });
  add("space_combine", [&world](Pass& p) {
    Out<Space> out;
    return Try(nasshrink_space_combine, p("a", world.space.get()), p("b", world.root.get()), int32_t{0},
               p("out", &out.handle));
  });
  add("space_diff", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_space_diff, p("a", world.root.get()), p("b", world.space.get()), p("out", &out.handle));
  });
  v1::ShrinkInput input;
  *input.mutable_scores() = world.Scores();
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(1);
  add("space_shrink", [&world, input = Bytes(input), rule = Bytes(rule)](Pass& p) {
    Out<Space> out;
    Out<Buffer> edits;
    return Try(nasshrink_space_shrink, p("space", world.space.get()), p("input", input.data()), input.size(),
               p("rule", rule.data()), rule.size(), p("out", &out.handle), p("edits", &edits.handle));
  });
  add("space_explain_shrink", [&world, input = Bytes(input), rule = Bytes(rule)](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_space_explain_shrink, p("space", world.space.get()), p("input", input.data()), input.size(),
               p("rule", rule.data()), rule.size(), p("out", &out.handle));
  });
  for (const auto& [name, function] :
       {std::pair{"space_sample", &nasshrink_space_sample}, {"space_count", &nasshrink_space_count}}) {
    add(name, [&world, function = function](Pass& p) {
      Out<Buffer> out;
      return Try(function, p("space", world.space.get()), p("options", Data("")), size_t{0}, p("out", &out.handle));
    });
  }

  v1::RankInput ranked;
  *ranked.mutable_children() = world.Children(3);
  for (double value = 0; value < 3; ++value) ranked.add_truth(value);
  *ranked.add_scores()->mutable_values() = ranked.truth();
  add("space_rank", [&world, input = Bytes(ranked)](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_space_rank, p("space", world.space.get()), p("input", input.data()), input.size(),
               p("out", &out.handle));
  });

  v1::FrontierInput known;
  const v1::SupernetOptions benchmark = world.SupernetMessage();
  known.mutable_children()->set_choices(benchmark.truth().choices());
  *known.mutable_children()->mutable_candidates() = benchmark.truth().candidates();
  *known.mutable_truth() = benchmark.truth().accuracy();
  add("space_frontier", [&w, input = Bytes(known)](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_space_frontier, p("space", w.world.space.get()), p("input", input.data()), input.size(),
               p("cancel", w.cancel.get()), p("out", &out.handle));
  });

  const std::string arch = BytesOf(Make<Buffer>(nasshrink_arch_serialize, world.arch.get()).get());
  add("arch_parse", [&world, bytes = Bytes(arch)](Pass& p) {
    Out<Arch> out;
    return Try(nasshrink_arch_parse, p("space", world.space.get()), p("data", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  add("arch_import", [&world](Pass& p) {
    Out<Arch> out;
    return Try(nasshrink_arch_import, p("space", world.space.get()), p("format", "ops"), p("text", "1 1 1 1 1 1"),
               size_t{11}, p("out", &out.handle));
  });
  v1::ArchitectureParameters parameters;
  parameters.set_root_fingerprint(Ask<v1::Architecture>(nasshrink_arch_serialize, world.arch.get()).root_fingerprint());
  const v1::SearchSpace space = world.SpaceMessage();
  for (const v1::Choice& choice : space.choices()) {
    v1::ChoiceParameters* values = parameters.add_choices();
    for (int i = 0; i < choice.candidates_size(); ++i) values->add_alpha(i);
  }
  add("arch_derive", [&world, bytes = Bytes(parameters)](Pass& p) {
    Out<Arch> out;
    return Try(nasshrink_arch_derive, p("space", world.space.get()), p("parameters", bytes.data()), bytes.size(),
               p("options", Data("")), size_t{0}, p("out", &out.handle));
  });
  add("arch_export", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_arch_export, p("arch", world.arch.get()), p("format", "ops"), p("out", &out.handle));
  });
  add("arch_serialize", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_arch_serialize, p("arch", world.arch.get()), p("out", &out.handle));
  });
  add("arch_cost", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_arch_cost, p("arch", world.arch.get()), p("query", Data("")), size_t{0},
               p("out", &out.handle));
  });

  add("latency_preset", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_latency_preset, p("context", world.context.get()), p("name", "pad-nas-cpu"),
               p("out", &out.handle));
  });
  constexpr std::string_view kTimes = "key,mean_ms\nfixed,1.5\n";
  add("latency_import", [&world, kTimes](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_latency_import, p("context", world.context.get()), p("format", "csv"), p("device", "desk"),
               p("text", kTimes.data()), kTimes.size(), p("out", &out.handle));
  });
  v1::LatencyTable times;
  times.set_fixed_ms(1.5);
  add("latency_export", [&world, times = Bytes(times)](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_latency_export, p("context", world.context.get()), p("table", times.data()), times.size(),
               p("out", &out.handle));
  });
  add("latency_check", [&world, times = Bytes(times)](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_latency_check, p("space", world.space.get()), p("table", times.data()), times.size(),
               p("out", &out.handle));
  });
  add(
      "latency_measure",
      [&w](Pass& p) {
        Out<Buffer> out;
        return Try(nasshrink_latency_measure, p("space", w.world.space.get()), p("options", Data("")), size_t{0},
                   p("cancel", w.cancel.get()), p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);

  add("tensor_wrap", [&w](Pass& p) {
    Out<Tensor> out;
    const std::vector<int64_t> shape = {2};
    const nasshrink_tensor_view view = ViewOf(w.targets, NASSHRINK_DTYPE_INT64, shape);
    return Try(nasshrink_tensor_wrap, p("context", w.world.context.get()), p("view", &view), p("out", &out.handle));
  });
  add("tensor_import", [&w](Pass& p) {
    Out<Tensor> out;
    // The call takes it over, so every call has one of its own; one that is not passed on goes by itself.
    auto array = std::make_unique<LentArray>(&w.pixels);
    DLManagedTensorVersioned* const managed = p("managed", &array->managed);
    if (managed == &array->managed) static_cast<void>(array.release());
    return Try(nasshrink_tensor_import, p("context", w.world.context.get()), managed, p("out", &out.handle));
  });
  add("tensor_stats", [&w](Pass& p) {
    double sums[5];
    return Try(nasshrink_tensor_stats, p("base", w.images.get()), p("current", w.images.get()), p("out", &sums[0]));
  });
  add("tensor_view_of", [&w](Pass& p) {
    nasshrink_tensor_view view = {};
    view.struct_size = sizeof(view);
    return Try(nasshrink_tensor_view_of, p("tensor", w.images.get()), p("out", &view));
  });
  v1::DatasetOptions synthetic;
  synthetic.set_source("synthetic:2");
  add(
      "dataset_open",
      [&world, bytes = Bytes(synthetic)](Pass& p) {
        Out<Dataset> out;
        return Try(nasshrink_dataset_open, p("context", world.context.get()), p("options", bytes.data()), bytes.size(),
                   p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "dataset_from_tensors",
      [&w](Pass& p) {
        Out<Dataset> out;
        return Try(nasshrink_dataset_from_tensors, p("context", w.world.context.get()), p("inputs", w.images.get()),
                   p("targets", w.labels.get()), p("options", Data("")), size_t{0}, p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "dataset_describe",
      [](Pass& p) {
        Out<Buffer> out;
        return Try(nasshrink_dataset_describe, p("dataset", static_cast<nasshrink_dataset*>(nullptr)),
                   p("out", &out.handle));
      },
      NASSHRINK_INVALID_ARGUMENT);

  add("table_create", [&world, bytes = Bytes(world.TableMessage())](Pass& p) {
    Out<Table> out;
    return Try(nasshrink_table_create, p("space", world.space.get()), p("data", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  v1::OperatorStats stats;
  for (uint32_t choice = 0; choice < 6; ++choice) {
    for (const uint32_t candidate : {2U, 3U}) {
      v1::OperatorStat* stat = stats.add_operators();
      stat->set_choice(choice);
      stat->set_candidate(candidate);
      for (int i = 0; i < 3; ++i) stat->add_sums(1);
    }
  }
  add("table_from_stats", [&world, bytes = Bytes(stats)](Pass& p) {
    Out<Table> out;
    return Try(nasshrink_table_from_stats, p("space", world.space.get()), p("stats", bytes.data()), bytes.size(),
               p("options", Data("")), size_t{0}, p("out", &out.handle));
  });
  const std::string table = BytesOf(Make<Buffer>(nasshrink_table_serialize, world.table.get()).get());
  add("table_parse", [&world, bytes = Bytes(table)](Pass& p) {
    Out<Table> out;
    return Try(nasshrink_table_parse, p("context", world.context.get()), p("data", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  add("table_serialize", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_table_serialize, p("table", world.table.get()), p("out", &out.handle));
  });
  add("table_score", [&world](Pass& p) {
    const std::vector<uint32_t> choices = {1, 3, 1, 3, 3, 1};
    double score = 0;
    return Try(nasshrink_table_score, p("table", world.table.get()), int32_t{NASSHRINK_METRIC_ANGLE},
               p("options", Data("")), size_t{0}, p("choices", choices.data()), size_t{1}, p("out", &score));
  });
  add("table_score_operators", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_table_score_operators, p("table", w.world.table.get()), p("options", Data("")), size_t{0},
               p("cancel", w.cancel.get()), p("out", &out.handle));
  });

  add("supernet_create", [&world, bytes = Bytes(world.SupernetMessage())](Pass& p) {
    Out<Supernet> out;
    return Try(nasshrink_supernet_create, p("space", world.space.get()), p("options", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  add("supernet_load", [&w](Pass& p) {
    Out<Supernet> out;
    return Try(nasshrink_supernet_load, p("context", w.world.context.get()), p("path", w.checkpoint.c_str()),
               p("out", &out.handle));
  });
  add("supernet_save", [&w](Pass& p) {
    return Try(nasshrink_supernet_save, p("supernet", w.world.supernet.get()), p("path", w.checkpoint.c_str()));
  });
  add("supernet_describe", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_supernet_describe, p("supernet", world.supernet.get()), p("out", &out.handle));
  });
  add("supernet_evaluate", [&w, list = Bytes(world.Children(3))](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_supernet_evaluate, p("supernet", w.world.supernet.get()), p("architectures", list.data()),
               list.size(), p("dataset", static_cast<nasshrink_dataset*>(nullptr)), p("options", Data("")), size_t{0},
               p("cancel", w.cancel.get()), p("out", &out.handle));
  });
  add("supernet_score_operators", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_supernet_score_operators, p("supernet", w.world.supernet.get()),
               p("dataset", static_cast<nasshrink_dataset*>(nullptr)), p("options", Data("")), size_t{0},
               p("cancel", w.cancel.get()), p("out", &out.handle));
  });
  add("supernet_table", [&world](Pass& p) {
    Out<Table> out;
    return Try(nasshrink_supernet_table, p("supernet", world.supernet.get()), p("options", Data("")), size_t{0},
               p("out", &out.handle));
  });
  add(
      "supernet_architecture",
      [&world](Pass& p) {
        Out<Buffer> out;
        return Try(nasshrink_supernet_architecture, p("supernet", world.supernet.get()), p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "supernet_tensor",
      [&world](Pass& p) {
        Out<Tensor> out;
        return Try(nasshrink_supernet_tensor, p("supernet", world.supernet.get()), p("name", "stem.0.weight"),
                   p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "supernet_set_tensor",
      [&w](Pass& p) {
        return Try(nasshrink_supernet_set_tensor, p("supernet", w.world.supernet.get()), p("name", "stem.0.weight"),
                   p("values", w.images.get()));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add("supernet_reset_base",
      [&world](Pass& p) { return Try(nasshrink_supernet_reset_base, p("supernet", world.supernet.get())); });
  add("supernet_inherit", [&world](Pass& p) {
    Out<Supernet> out;
    return Try(nasshrink_supernet_inherit, p("supernet", world.supernet.get()), p("shrunk", world.space.get()),
               p("options", Data("")), size_t{0}, p("out", &out.handle));
  });
  add("supernet_extract", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_supernet_extract, p("supernet", world.supernet.get()), p("arch", world.arch.get()),
               p("options", Data("")), size_t{0}, p("out", &out.handle));
  });

  add("trainer_create", [&world](Pass& p) {
    Out<Trainer> out;
    return Try(nasshrink_trainer_create, p("supernet", world.supernet.get()), p("options", Data("")), size_t{0},
               p("out", &out.handle));
  });
  add("trainer_step", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_trainer_step, p("trainer", w.trainer.get()), p("inputs", w.images.get()),
               p("targets", w.labels.get()), p("out", &out.handle));
  });
  // The supernet of this world has no network; tests/capi/torch_test.cc takes steps in three parts.
  add(
      "trainer_arch_step",
      [&w](Pass& p) {
        Out<Buffer> out;
        return Try(nasshrink_trainer_arch_step, p("trainer", w.trainer.get()), p("inputs", w.images.get()),
                   p("targets", w.labels.get()), p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "trainer_forward",
      [&w](Pass& p) {
        Out<Tensor> out;
        return Try(nasshrink_trainer_forward, p("trainer", w.trainer.get()), p("inputs", w.images.get()),
                   p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "trainer_backward",
      [&w](Pass& p) {
        return Try(nasshrink_trainer_backward, p("trainer", w.trainer.get()), p("output_gradient", w.images.get()));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "trainer_apply",
      [&w](Pass& p) {
        Out<Buffer> out;
        return Try(nasshrink_trainer_apply, p("trainer", w.trainer.get()), p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add(
      "trainer_gradient",
      [&w](Pass& p) {
        Out<Tensor> out;
        return Try(nasshrink_trainer_gradient, p("trainer", w.trainer.get()), p("name", "stem.0.weight"),
                   p("out", &out.handle));
      },
      NASSHRINK_FAILED_PRECONDITION);
  add("trainer_snapshot", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_trainer_snapshot, p("trainer", w.trainer.get()), p("out", &out.handle));
  });
  const std::string snapshot = BytesOf(Make<Buffer>(nasshrink_trainer_snapshot, w.trainer.get()).get());
  add("trainer_restore", [&w, bytes = Bytes(snapshot)](Pass& p) {
    return Try(nasshrink_trainer_restore, p("trainer", w.trainer.get()), p("snapshot", bytes.data()), bytes.size());
  });

  add("plan_preset", [&world](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_plan_preset, p("context", world.context.get()), p("name", "abs"), p("options", Data("")),
               size_t{0}, p("out", &out.handle));
  });
  add("plan_estimate", [&world, plan = Bytes(world.Plan())](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_plan_estimate, p("context", world.context.get()), p("plan", plan.data()), plan.size(),
               p("dataset", static_cast<nasshrink_dataset*>(nullptr)),
               p("cancel", static_cast<nasshrink_cancel*>(nullptr)), p("out", &out.handle));
  });
  add("run_start", [&w, plan = Bytes(world.Plan()), net = Bytes(world.SupernetMessage())](Pass& p) {
    Out<RunHandle> out;
    nasshrink_event_sink events = {};
    events.struct_size = sizeof(events);
    events.on_event = Ignore;
    const auto supernet = Make<Supernet>(nasshrink_supernet_create, w.world.space.get(), net.data(), net.size());
    const std::string folder = w.folder.path() + "/run" + std::to_string(w.runs++);
    return Try(nasshrink_run_start, p("context", w.world.context.get()), p("plan", plan.data()), plan.size(),
               p("supernet", supernet.get()), p("dataset", static_cast<nasshrink_dataset*>(nullptr)),
               p("folder", folder.c_str()), p("events", static_cast<const nasshrink_event_sink*>(&events)),
               p("cancel", w.cancel.get()), p("out", &out.handle));
  });
  add("run_resume", [&w](Pass& p) {
    Out<RunHandle> out;
    nasshrink_event_sink events = {};
    events.struct_size = sizeof(events);
    events.on_event = Ignore;
    return Try(nasshrink_run_resume, p("context", w.world.context.get()), p("folder", w.run_folder.c_str()),
               uint32_t{0}, p("dataset", static_cast<nasshrink_dataset*>(nullptr)),
               p("events", static_cast<const nasshrink_event_sink*>(&events)), p("cancel", w.cancel.get()),
               p("out", &out.handle));
  });
  add("run_status", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_run_status, p("context", w.world.context.get()), p("folder", w.run_folder.c_str()),
               p("out", &out.handle));
  });
  add("run_progress", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_run_progress, p("run", w.run.get()), p("out", &out.handle));
  });
  add("run_next_event", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_run_next_event, p("run", w.run.get()), int64_t{0}, p("out", &out.handle));
  });
  add("run_wait", [&w](Pass& p) { return Try(nasshrink_run_wait, p("run", w.run.get()), int64_t{-1}); });
  add("run_result", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_run_result, p("run", w.run.get()), p("out", &out.handle));
  });
  add("run_supernet", [&w](Pass& p) {
    Out<Supernet> out;
    return Try(nasshrink_run_supernet, p("run", w.run.get()), p("out", &out.handle));
  });
  add("report", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_report, p("context", w.world.context.get()), p("folder", w.run_folder.c_str()),
               p("out", &out.handle));
  });

  add("study_create", [&world, bytes = Bytes(world.StudyMessage())](Pass& p) {
    Out<Study> out;
    return Try(nasshrink_study_create, p("space", world.space.get()), p("options", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  const std::string study = BytesOf(Make<Buffer>(nasshrink_study_snapshot, w.study.get()).get());
  add("study_restore", [&world, bytes = Bytes(study)](Pass& p) {
    Out<Study> out;
    return Try(nasshrink_study_restore, p("context", world.context.get()), p("snapshot", bytes.data()), bytes.size(),
               p("out", &out.handle));
  });
  add("study_ask", [&w](Pass& p) {
    Out<Buffer> out;
    return Try(nasshrink_study_ask, p("study", w.study.get()), uint32_t{1}, p("out", &out.handle));
  });
  add("study_tell", [&w](Pass& p) {
    return Try(nasshrink_study_tell, p("study", w.study.get()), p("observations", Data("")), size_t{0});
  });
  for (const auto& [name, function] :
       {std::pair{"study_report", &nasshrink_study_report}, {"study_snapshot", &nasshrink_study_snapshot}}) {
    add(name, [&w, function = function](Pass& p) {
      Out<Buffer> out;
      return Try(function, p("study", w.study.get()), p("out", &out.handle));
    });
  }
  return calls;
}

}  // namespace nasshrink::tests
