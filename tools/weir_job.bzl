"""weir_job: one executable from one job."""

load("@rules_cc//cc:defs.bzl", "cc_binary")

def weir_job(name, srcs, deps = [], copts = [], **kwargs):
    """A cc_binary that sees weir/weir.hpp; connectors outside the common set are added as deps.

        load("@weir//tools:weir_job.bzl", "weir_job")

        weir_job(
            name = "page_views",
            srcs = ["page_views.cpp"],
            deps = ["@weir//connectors:json_lines"],
        )

    Works in weir's own workspace and in any other that calls weir_repositories().
    """
    cc_binary(
        name = name,
        srcs = srcs,
        copts = ["-std=c++20"] + copts,
        linkopts = kwargs.pop("linkopts", []) + ["-pthread"],
        deps = [Label("//:weir")] + deps,
        **kwargs
    )
