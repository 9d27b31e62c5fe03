"""A test that every public header of a cc_library compiles alone, with the build's warnings.

A header with a source of its own, name.hpp with name.cpp, is left out: the source includes it first (tests/rules).

    load("//tools:header_alone.bzl", "header_alone_tests")

    header_alone_tests(targets = ["//core", "//connectors:csv"])
"""

load(
    ":syntax_check.bzl",
    "SYNTAX_CHECK_ATTRS",
    "SYNTAX_CHECK_FRAGMENTS",
    "SYNTAX_CHECK_TOOLCHAINS",
    "compilation_context",
    "syntax_check",
)

def _include_name(header):
    """How users include `header`: include_prefix makes Bazel put a link to it under _virtual_includes/<target>/."""
    _, marker, name = header.path.partition("/_virtual_includes/")
    return name.partition("/")[2] if marker else header.short_path

_SourcesInfo = provider(fields = ["names"])

def _sources_aspect_impl(_, ctx):
    return [_SourcesInfo(names = [source.basename for source in ctx.rule.files.srcs])]

_sources_aspect = aspect(implementation = _sources_aspect_impl)

def _header_alone_test_impl(ctx):
    context = compilation_context([ctx.attr.target])
    sources = ctx.attr.target[_SourcesInfo].names
    names = {_include_name(header): None for header in ctx.attr.target[CcInfo].compilation_context.direct_public_headers}

    # With include_prefix a header is listed under its own path and as a link: users see the link only.
    prefixed = [name for name in names if name.startswith("weir/")]
    logs = []
    for name in prefixed or names.keys():
        if name.rpartition("/")[2].replace(".hpp", ".cpp") in sources:
            continue
        source = ctx.actions.declare_file("%s/%s.cpp" % (ctx.label.name, name))
        log = ctx.actions.declare_file("%s/%s.log" % (ctx.label.name, name))

        # Twice: the second one finds a missing #pragma once.
        ctx.actions.write(source, '#include "%s"\n#include "%s"\n' % (name, name))
        syntax_check(ctx, source, context, log)
        logs.append(log)
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        output = script,
        is_executable = True,
        content = "#!/bin/sh\nstatus=0\nfor log in %s; do\n%s\ndone\nexit $status\n" % (
            " ".join([log.short_path for log in logs]),
            '  grep -qx "exit status 0" "$log" || { echo "$log:"; cat "$log"; status=1; }',
        ),
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles(logs))]

_header_alone_test = rule(
    implementation = _header_alone_test_impl,
    attrs = dict(
        SYNTAX_CHECK_ATTRS,
        target = attr.label(providers = [CcInfo], aspects = [_sources_aspect], mandatory = True),
    ),
    fragments = SYNTAX_CHECK_FRAGMENTS,
    toolchains = SYNTAX_CHECK_TOOLCHAINS,
    test = True,
)

def header_alone_test(name, target, tags = [], **kwargs):
    """Passes when the headers in `hdrs` of the cc_library `target` compile as the only include of a source."""
    _header_alone_test(
        name = name,
        size = "small",
        target = target,
        tags = tags + ["nosan"],
        **kwargs
    )

def header_alone_tests(targets):
    """One header_alone_test for each label in `targets`: //core:core makes core_headers_test."""
    for target in targets:
        label = Label(target)
        name = label.name if label.package.split("/")[-1] == label.name else label.package.replace("/", "_") + "_" + label.name
        header_alone_test(name = name + "_headers_test", target = target)
