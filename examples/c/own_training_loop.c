/* A platform's own training loop: its batches, our supernet. Trains, scores operators by the weight angle, shrinks the
 * space, carries the weights over, trains on, and keeps the result. Needs the torch library.
 *
 *   cc -std=c99 own_training_loop.c $(pkg-config --cflags --libs nasshrink) -o own_training_loop
 *   ./own_training_loop [FILE]      FILE receives the supernet */
#include <nasshrink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "wire.h"

enum { CLASSES = 4, CHANNELS = 1, SIDE = 8, PIXELS = CHANNELS * SIDE * SIDE, BATCH = 32 };

/* The platform's own data: a bright quadrant says which class it is, under some noise. */
typedef struct batch {
  float images[BATCH * PIXELS];
  int64_t labels[BATCH];
} batch;

static float noise(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (float)(*state >> 40) / (float)(1 << 24) - 0.5f;
}

static void fill(batch* to, uint64_t* state) {
  int image, row, column;
  for (image = 0; image < BATCH; ++image) {
    const int label = image % CLASSES;
    to->labels[image] = label;
    for (row = 0; row < SIDE; ++row) {
      for (column = 0; column < SIDE; ++column) {
        const int quadrant = 2 * (row >= SIDE / 2) + (column >= SIDE / 2);
        to->images[image * PIXELS + row * SIDE + column] = (quadrant == label ? 1.0f : 0.0f) + noise(state);
      }
    }
  }
}

/* No copy is made: the memory stays the platform's. */
static nasshrink_tensor* wrap(nasshrink_context* context, const void* data, int32_t dtype, int32_t ndim,
                              const int64_t* shape) {
  nasshrink_error* error = NULL;
  nasshrink_tensor* tensor;
  nasshrink_tensor_view view;
  memset(&view, 0, sizeof(view));
  view.struct_size = sizeof(view);
  view.data = data;
  view.dtype = dtype;
  view.device = NASSHRINK_DEVICE_CPU;
  view.ndim = ndim;
  view.shape = shape;
  check(nasshrink_tensor_wrap(context, &view, &tensor, &error), &error);
  return tensor;
}

static double as_double(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

static nasshrink_space* make_space(nasshrink_context* context) {
  nasshrink_error* error = NULL;
  nasshrink_space* space;
  wire options = {{0}, 0};
  wire_number(&options, 1, CLASSES);  /* PresetOptions.classes */
  wire_number(&options, 2, CHANNELS); /* .input_channels */
  wire_number(&options, 3, SIDE);     /* .input_height */
  wire_number(&options, 4, SIDE);     /* .input_width */
  wire_number(&options, 5, 4);        /* .channels of the first stage */
  wire_number(&options, 6, 1);        /* .cells a stage */
  check(nasshrink_space_preset(context, "nas-bench-201", options.data, options.size, &space, &error), &error);
  return space;
}

/* Trains on the platform's batches: one sampled path of the supernet a step. */
static void train(nasshrink_context* context, nasshrink_supernet* supernet, int steps, uint64_t* state) {
  static const int64_t image_shape[4] = {BATCH, CHANNELS, SIDE, SIDE};
  static const int64_t label_shape[1] = {BATCH};
  static batch data;
  nasshrink_error* error = NULL;
  nasshrink_trainer* trainer;
  nasshrink_tensor* images = wrap(context, data.images, NASSHRINK_DTYPE_FLOAT32, 4, image_shape);
  nasshrink_tensor* labels = wrap(context, data.labels, NASSHRINK_DTYPE_INT64, 1, label_shape);
  wire options = {{0}, 0};
  wire training = {{0}, 0};
  wire optimizer = {{0}, 0};
  int step;
  wire_double(&optimizer, 2, 0.05);                         /* Optimizer.learning_rate */
  wire_number(&training, 2, BATCH);                         /* TrainOptions.batch_size */
  wire_bytes(&training, 3, optimizer.data, optimizer.size); /* .optimizer */
  wire_bytes(&options, 1, training.data, training.size);    /* TrainerOptions.train */
  wire_number(&options, 2, 7);                              /* .seed */
  wire_number(&options, 3, (uint64_t)steps);                /* .total_steps of the schedule */
  check(nasshrink_trainer_create(supernet, options.data, options.size, &trainer, &error), &error);
  for (step = 0; step < steps; ++step) {
    nasshrink_buffer* report;
    fill(&data, state);
    check(nasshrink_trainer_step(trainer, images, labels, &report, &error), &error);
    if (step % 20 == 19) {
      const uint8_t* bytes = nasshrink_buffer_data(report);
      const size_t size = nasshrink_buffer_size(report);
      printf("step %3d: loss %.3f, %.0f %% right\n", step + 1, as_double(wire_find(bytes, size, 1).value),
             as_double(wire_find(bytes, size, 2).value));
    }
    nasshrink_buffer_free(report);
  }
  nasshrink_trainer_free(trainer);
  nasshrink_tensor_free(labels);
  nasshrink_tensor_free(images);
}

/* The space without the operators whose children have turned least from their initial weights. */
static nasshrink_space* shrink(const nasshrink_space* space, nasshrink_supernet* supernet, unsigned drop) {
  nasshrink_error* error = NULL;
  nasshrink_buffer* scores;
  nasshrink_buffer* summary;
  nasshrink_space* shrunk;
  wire_field children;
  wire input = {{0}, 0};
  wire abs = {{0}, 0};
  wire rule = {{0}, 0};
  check(nasshrink_supernet_score_operators(supernet, NULL, NULL, 0, NULL, &scores, &error), &error);
  wire_bytes(&input, 1, nasshrink_buffer_data(scores), nasshrink_buffer_size(scores)); /* ShrinkInput.scores */
  wire_number(&abs, 1, drop);                                                          /* AbsRule.drop */
  wire_bytes(&rule, 1, abs.data, abs.size);                                            /* ShrinkRule.abs */
  check(nasshrink_space_shrink(space, input.data, input.size, rule.data, rule.size, &shrunk, NULL, &error), &error);
  check(nasshrink_space_describe(shrunk, &summary, &error), &error);
  children = wire_find(nasshrink_buffer_data(summary), nasshrink_buffer_size(summary), 4);
  printf("dropped %u operators, %.*s children left\n", drop, (int)children.size, (const char*)children.data);
  nasshrink_buffer_free(summary);
  nasshrink_buffer_free(scores);
  return shrunk;
}

int main(int count, char** arguments) {
  nasshrink_error* error = NULL;
  nasshrink_context* context;
  nasshrink_space* space;
  nasshrink_space* shrunk;
  nasshrink_supernet* supernet;
  nasshrink_supernet* heir;
  nasshrink_buffer* bytes;
  uint64_t state = 2026;

  check(nasshrink_context_create(NULL, 0, NULL, &context, &error), &error);
  space = make_space(context);
  check(nasshrink_supernet_create(space, NULL, 0, &supernet, &error), &error);
  train(context, supernet, 60, &state);

  shrunk = shrink(space, supernet, 10);
  check(nasshrink_supernet_inherit(supernet, shrunk, NULL, 0, &heir, &error), &error);
  nasshrink_supernet_free(supernet);
  train(context, heir, 40, &state);

  check(nasshrink_space_serialize(shrunk, &bytes, &error), &error);
  printf("the shrunk space takes %lu bytes\n", (unsigned long)nasshrink_buffer_size(bytes));
  nasshrink_buffer_free(bytes);
  if (count > 1) check(nasshrink_supernet_save(heir, arguments[1], &error), &error);

  nasshrink_supernet_free(heir);
  nasshrink_space_free(shrunk);
  nasshrink_space_free(space);
  nasshrink_context_free(context);
  return nasshrink_live_objects() == 0 ? 0 : 1;
}
