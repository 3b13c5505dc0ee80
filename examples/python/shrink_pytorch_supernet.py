#!/usr/bin/env python3
"""Shrinks the space of a supernet that PyTorch trains, through the C ABI: ctypes for the calls, DLPack for the weights.

shrink_pytorch_supernet.py LIBNASSHRINK

The supernet is PyTorch's own: a chain of three layers, each a 3x3 or a 5x5 convolution or none. It is trained for a few
steps with one random operator a layer; nasshrink reads the weights where they lie, scores the operators by the angle and
drops the worst. No weight is copied, and the library opens no LibTorch of its own.
"""

import ctypes
import random
import struct
import sys

import torch

SPACE = {
    "layers": 3,
    # kind, attributes
    "operators": [("conv_bn", {"kernel": 3}), ("conv_bn", {"kernel": 5}), ("identity", {})],
}
CHANNELS, SIZE, CLASSES = 8, 16, 4
CONVOLUTION, POOL, LINEAR = ("conv_bn", {"kernel": 3}), ("global_avg_pool", {}), ("linear", {})


# ---- Protobuf's wire format, as much of it as is written here; any protobuf runtime does it for a program of yours. ----


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def record(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def doubles(field, values):
    return record(field, struct.pack(f"<{len(values)}d", *values))


def fields(message):
    """(field, value) pairs: numbers of fields of numbers, bytes of all others."""
    at = 0

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = take()
        if key & 7 == 0:
            yield key >> 3, take()
            continue
        size = {1: 8, 5: 4}.get(key & 7)
        if size is None:
            size = take()
        yield key >> 3, message[at : at + size]
        at += size


# ---- Calls ------------------------------------------------------------------------------------------------------------


class Library:
    """nasshrink.h by ctypes: a status that is not 0 becomes an exception with the library's sentence."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.nasshrink_error_message.restype = ctypes.c_char_p
        self.library.nasshrink_buffer_data.restype = ctypes.POINTER(ctypes.c_uint8)
        self.library.nasshrink_buffer_size.restype = ctypes.c_size_t
        self.library.nasshrink_live_objects.restype = ctypes.c_int64

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        status = getattr(self.library, name)(*arguments, ctypes.byref(error))
        if status != 0:
            message = self.library.nasshrink_error_message(error).decode()
            self.library.nasshrink_error_free(error)
            raise RuntimeError(message)

    def make(self, name, *arguments):
        handle = ctypes.c_void_p()
        self.call(name, *arguments, ctypes.byref(handle))
        return handle

    def free(self, kind, handle):
        getattr(self.library, f"nasshrink_{kind}_free")(handle)

    def ask(self, name, *arguments):
        """The bytes of a buffer that a call makes."""
        buffer = self.make(name, *arguments)
        size = self.library.nasshrink_buffer_size(buffer)
        content = ctypes.string_at(self.library.nasshrink_buffer_data(buffer), size)
        self.free("buffer", buffer)
        return content

    def borrow(self, context, array):
        """A tensor over an array's memory, by DLPack 1.x."""
        capsule = array.__dlpack__(max_version=(1, 0))
        get, rename = ctypes.pythonapi.PyCapsule_GetPointer, ctypes.pythonapi.PyCapsule_SetName
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        rename.argtypes = [ctypes.py_object, ctypes.c_char_p]
        managed = ctypes.c_void_p(get(capsule, b"dltensor_versioned"))
        # The library has it from here on, whatever comes of the call.
        rename(capsule, b"used_dltensor_versioned")
        return self.make("nasshrink_tensor_import", context, managed)


def given(message):
    return ctypes.c_char_p(message), ctypes.c_size_t(len(message))


# ---- The space and the supernet -----------------------------------------------------------------------------------------


def operator(kind_and_attributes):
    kind, attributes = kind_and_attributes
    # An attribute's integer is a sint64, which is written zigzag.
    listed = [record(2, record(1, name) + number(2, 2 * value)) for name, value in attributes.items()]
    return record(1, kind) + b"".join(listed)


def space_message():
    network = number(1, 3) + number(2, SIZE) + number(3, SIZE) + number(4, CLASSES)
    network += record(6, record(1, "stem") + record(2, operator(CONVOLUTION)) + number(5, CHANNELS))
    for layer in range(SPACE["layers"]):
        network += record(6, record(1, f"layer{layer}") + number(3, layer))
    network += record(6, record(1, "pool") + record(2, operator(POOL)))
    network += record(6, record(1, "classifier") + record(2, operator(LINEAR)))
    message = number(1, 1) + record(2, "pytorch-chain") + record(3, network)
    for layer in range(SPACE["layers"]):
        candidates = [
            record(2, number(1, code) + record(2, kind[0] + str(code)) + record(3, operator(kind)))
            for code, kind in enumerate(SPACE["operators"])
        ]
        message += record(4, record(1, f"choice{layer}") + b"".join(candidates))
    return message


class Supernet(torch.nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs, kernel):
            convolution = torch.nn.Conv2d(inputs, CHANNELS, kernel, padding=kernel // 2, bias=False)
            return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(CHANNELS))

        self.stem = block(3, 3)
        self.layers = torch.nn.ModuleList(
            torch.nn.ModuleList(block(CHANNELS, attributes["kernel"]) for kind, attributes in SPACE["operators"][:2])
            for _ in range(SPACE["layers"])
        )
        self.classifier = torch.nn.Linear(CHANNELS, CLASSES)

    def forward(self, images, path):
        out = torch.relu(self.stem(images))
        for layer, picked in zip(self.layers, path):
            if picked < len(layer):
                out = torch.relu(layer[picked](out))
        return self.classifier(out.mean((2, 3)))


def train(supernet, steps):
    torch.manual_seed(0)
    draw = random.Random(0)
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.05, momentum=0.9)
    images, labels = torch.randn(64, 3, SIZE, SIZE), torch.randint(CLASSES, (64,))
    for _ in range(steps):
        path = [draw.randrange(len(SPACE["operators"])) for _ in range(SPACE["layers"])]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(supernet(images, path), labels).backward()
        optimizer.step()


# ---- The job ------------------------------------------------------------------------------------------------------------


def stats_message(library, context, base, supernet):
    """OperatorStats: five sums for every convolution, and for the fixed parts together."""

    def sums(name):
        initial = library.borrow(context, base[name])
        trained = library.borrow(context, supernet.state_dict()[name])
        out = (ctypes.c_double * 5)()
        library.call("nasshrink_tensor_stats", initial, trained, out)
        library.free("tensor", initial)
        library.free("tensor", trained)
        return list(out)

    message = b""
    for layer in range(SPACE["layers"]):
        for candidate in range(2):
            stat = number(1, layer) + number(2, candidate) + doubles(4, sums(f"layers.{layer}.{candidate}.0.weight"))
            message += record(1, stat)
    fixed = [a + b for a, b in zip(sums("stem.0.weight"), sums("classifier.weight"))]
    return message + doubles(2, fixed)


def main():
    library = Library(sys.argv[1])
    context = library.make("nasshrink_context_create", None, ctypes.c_size_t(0), None)
    space = library.make("nasshrink_space_parse", context, *given(space_message()))

    torch.manual_seed(1)
    supernet = Supernet()
    base = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    train(supernet, steps=30)

    stats = stats_message(library, context, base, supernet)
    table = library.make("nasshrink_table_from_stats", space, *given(stats), None, ctypes.c_size_t(0))
    scores = library.ask("nasshrink_table_score_operators", table, None, ctypes.c_size_t(0), None)
    for field, content in fields(scores):
        if field == 5:
            score = dict(fields(content))
            kind, attributes = SPACE["operators"][score.get(2, 0)]
            print(f"layer {score.get(1, 0)} {kind} {attributes}: mean angle {struct.unpack('<d', score[3])[0]:.6f}")

    # AbsRule: the two operators with the smallest angles go.
    rule = record(1, number(1, 2))
    shrunk = ctypes.c_void_p()
    scored = record(1, scores)
    library.call("nasshrink_space_shrink", space, *given(scored), *given(rule), ctypes.byref(shrunk), None)
    for name, one in (("before", space), ("after", shrunk)):
        summary = dict(fields(library.ask("nasshrink_space_describe", one)))
        print(f"{name}: {summary[4].decode()} children")

    for kind, handle in (("space", shrunk), ("table", table), ("space", space), ("context", context)):
        library.free(kind, handle)
    print("objects left:", library.library.nasshrink_live_objects())


if __name__ == "__main__":
    main()
