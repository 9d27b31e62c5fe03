"""Tests that pass when a source is rejected, with the sentence that its first line expects.

    load("//tools:compile_fail.bzl", "compile_fail_tests")

    compile_fail_tests(
        name = "mistakes",
        srcs = glob(["*.cpp"]),
        deps = ["//:weir"],
        header = "weir/weir.hpp",
    )
"""

load(
    ":syntax_check.bzl",
    "SYNTAX_CHECK_ATTRS",
    "SYNTAX_CHECK_FRAGMENTS",
    "SYNTAX_CHECK_TOOLCHAINS",
    "compilation_context",
    "precompiled_header",
    "precompiled_header_with",
    "syntax_check",
    "syntax_check_with",
)

_CLANG = "clang++-19"

# A header in the forms that both compilers read fast.
_PrecompiledInfo = provider(fields = ["header", "own", "clang"])

# A warning is not a rejection, so warnings stay warnings; they count as lines of the message.
_WITHOUT = ["-Werror"]

def _precompiled_impl(ctx):
    context = compilation_context(ctx.attr.deps)
    header = ctx.actions.declare_file(ctx.label.name + "/precompiled.hpp")
    ctx.actions.write(header, '#include "%s"\n' % ctx.attr.header)
    return [_PrecompiledInfo(
        header = header,
        own = precompiled_header(ctx, header, context, without = _WITHOUT),
        clang = precompiled_header_with(ctx, _CLANG, header, context, without = _WITHOUT),
    )]

_precompiled = rule(
    implementation = _precompiled_impl,
    attrs = dict(
        SYNTAX_CHECK_ATTRS,
        header = attr.string(mandatory = True),
        deps = attr.label_list(providers = [CcInfo]),
    ),
    fragments = SYNTAX_CHECK_FRAGMENTS,
    toolchains = SYNTAX_CHECK_TOOLCHAINS,
)

def _compile_fail_test_impl(ctx):
    context = compilation_context(ctx.attr.deps)
    precompiled = struct(header = None, own = None, clang = None)
    if ctx.attr.precompiled:
        precompiled = ctx.attr.precompiled[_PrecompiledInfo]
    own = ctx.actions.declare_file(ctx.label.name + ".log")
    clang = ctx.actions.declare_file(ctx.label.name + ".clang.log")
    syntax_check(ctx, ctx.file.src, context, own, _WITHOUT, precompiled.header, precompiled.own)
    syntax_check_with(ctx, _CLANG, ctx.file.src, context, clang, _WITHOUT, precompiled.clang)

    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        output = script,
        is_executable = True,
        content = "#!/bin/sh\nexec python3 %s %s %s %s --max-lines-gcc %d --max-lines-clang %d\n" % (
            ctx.file._check.short_path,
            ctx.file.src.short_path,
            own.short_path,
            clang.short_path,
            ctx.attr.max_lines_gcc,
            ctx.attr.max_lines_clang,
        ),
    )
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles([ctx.file.src, own, clang, ctx.file._check]),
    )]

compile_fail_test = rule(
    doc = """The first line of `src` is `// EXPECT: text`. Passes when the build's compiler and clang++-19 (if there is
one) both reject `src` with exactly one error, whose `error:` line contains the text, in a message that is short and
names a line of `src`. tools/expect_diagnostic.py decides.""",
    implementation = _compile_fail_test_impl,
    attrs = dict(
        SYNTAX_CHECK_ATTRS,
        src = attr.label(allow_single_file = [".cpp"], mandatory = True),
        deps = attr.label_list(providers = [CcInfo]),
        precompiled = attr.label(providers = [_PrecompiledInfo]),
        max_lines_gcc = attr.int(default = 12, doc = "Longest message allowed from g++, in lines."),
        max_lines_clang = attr.int(default = 20, doc = "Longest message allowed from clang++, in lines."),
        _check = attr.label(default = "//tools:expect_diagnostic.py", allow_single_file = True),
    ),
    fragments = SYNTAX_CHECK_FRAGMENTS,
    toolchains = SYNTAX_CHECK_TOOLCHAINS,
    test = True,
)

def compile_fail_tests(name, srcs, deps, header = None, tags = [], **kwargs):
    """One compile_fail_test for each source, named like it: `missing_to.cpp` makes `missing_to_test`.

    With `header`, each source is compiled as if it included that first, which is precompiled once. So it is for sources that
    include it first: compilers tell how the headers before a mistake include one another.
    """
    if header:
        _precompiled(name = name, header = header, deps = deps, testonly = True, tags = tags + ["compile_fail"])
    for src in srcs:
        compile_fail_test(
            name = src.rpartition("/")[2].rpartition(".")[0] + "_test",
            size = "small",
            src = src,
            precompiled = name if header else None,
            # Nothing runs, so a sanitizer has nothing to find; and both compilers are tried in every build.
            tags = tags + ["compile_fail", "nosan"],
            deps = deps,
            **kwargs
        )
