"""fuzz_target: one fuzzed function, LLVMFuzzerTestOneInput, as a libFuzzer program and as an ordinary test.

    load("//tools:fuzz.bzl", "fuzz_target")

    fuzz_target(
        name = "csv_format_fuzz",
        srcs = ["csv_format_fuzz.cpp"],
        corpus = glob(["corpus/csv_format/**"]),
        deps = ["//connectors:csv_format"],
    )

    bazel run --config=fuzz //tests/fuzz:csv_format_fuzz -- -max_total_time=60
    bazel test //tests/fuzz:csv_format_fuzz_replay_test
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")

def fuzz_target(name, srcs, deps, corpus = [], **kwargs):
    """`name` needs --config=fuzz. `name`_replay_test runs the corpus and seeded mutations of it with any compiler."""
    cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = deps,
        **kwargs
    )
    cc_test(
        name = name + "_replay_test",
        size = "small",
        srcs = srcs + ["//tools:fuzz_replay.cpp"],
        args = ["$(location %s)" % file for file in corpus],
        data = corpus,
        deps = deps,
        **kwargs
    )
