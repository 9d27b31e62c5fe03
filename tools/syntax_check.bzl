"""What compile_fail.bzl and header_alone.bzl share: compile a source as the build would, keep what the compiler says.

Sources that include much the same can share a precompiled header (precompiled_header(), and `header` of the checks).
"""

load("@rules_cc//cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain")

# Attributes, fragments and toolchains that a rule calling syntax_check() declares.
SYNTAX_CHECK_ATTRS = {"_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain")}
SYNTAX_CHECK_FRAGMENTS = ["cpp"]
SYNTAX_CHECK_TOOLCHAINS = ["@bazel_tools//tools/cpp:toolchain_type"]

# Runs its arguments; the log gets what they print and last "exit status N", or "absent" if there is no such program.
_KEEP_LOG = """
log=$1; shift
command -v "$1" >/dev/null || { echo absent >"$log"; exit 0; }
status=0; "$@" >"$log" 2>&1 || status=$?
echo "exit status $status" >>"$log"
"""

# For actions that read or write absolute paths.
_HERE = {"no-cache": "1", "no-sandbox": "1"}

def _run(ctx, log, inputs, command, what, requirements = {}):
    ctx.actions.run_shell(
        outputs = [log],
        inputs = inputs,
        command = _KEEP_LOG,
        arguments = [log.path] + command,
        use_default_shell_env = True,
        execution_requirements = requirements,
        mnemonic = "SyntaxCheck",
        progress_message = "Checking %s" % what,
    )

def _compiler(ctx):
    """The build's toolchain, what it can do, and its compiler."""
    toolchain = find_cc_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    compiler = cc_common.get_tool_for_action(feature_configuration = features, action_name = CPP_COMPILE_ACTION_NAME)
    return toolchain, features, compiler

def _arguments(toolchain, features, source, context, flags):
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = source.path,
        user_compile_flags = flags,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )

def compilation_context(deps):
    """The merged include paths, defines and headers of `deps`."""
    return cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in deps]).compilation_context

def precompiled_header(ctx, header, context, without = []):
    """Precompiles the file `header` with the build's compiler and flags, less those in `without`; returns the result.

    A compiler that takes a header's precompiled form finds it beside the header: `header` lies in the output tree.
    """
    toolchain, features, compiler = _compiler(ctx)
    result = ctx.actions.declare_file(header.basename + ".gch", sibling = header)
    flags = _flags(ctx, without) + ["-x", "c++-header", "-o", result.path]
    ctx.actions.run(
        executable = compiler,
        arguments = _arguments(toolchain, features, header, context, flags),
        inputs = depset([header], transitive = [context.headers, toolchain.all_files]),
        outputs = [result],
        execution_requirements = {"no-cache": "1"},  # it has some 100 MB
        use_default_shell_env = True,
        mnemonic = "PrecompileHeader",
    )
    return result

def precompiled_header_with(ctx, compiler, header, context, without = []):
    """The same with a second compiler, found by its name on PATH; empty if there is none. Clang's driver only.

    Clang keeps the absolute paths of what it precompiled: no sandbox, and no use in another checkout.
    """
    result = ctx.actions.declare_file(header.basename + ".pch", sibling = header)
    ctx.actions.run_shell(
        command = 'command -v "$1" >/dev/null || { : >%s; exit 0; }; "$@"' % result.path,
        arguments = [compiler] + _clang_arguments(ctx, context, without) +
                    ["-Xclang", "-fno-pch-timestamp", "-x", "c++-header", header.path, "-o", result.path],
        inputs = depset([header], transitive = [context.headers]),
        outputs = [result],
        execution_requirements = _HERE,
        use_default_shell_env = True,
        mnemonic = "PrecompileHeader",
    )
    return result

def syntax_check(ctx, source, context, log, without = [], header = None, precompiled = None):
    """Compiles the file `source` with the build's compiler and flags, less those in `without`, and writes `log`.

    With `header`, the source is compiled as if it included that first, from its form `precompiled`.
    """
    toolchain, features, compiler = _compiler(ctx)
    flags = _flags(ctx, without) + ["-fsyntax-only"]
    files = [source]
    if header:
        flags += ["-include", header.path]
        files += [header, precompiled]
    inputs = depset(files, transitive = [context.headers, toolchain.all_files])
    command = [compiler] + _arguments(toolchain, features, source, context, flags)
    _run(ctx, log, inputs, command, source.short_path)

def syntax_check_with(ctx, compiler, source, context, log, without = [], precompiled = None):
    """The same with a second compiler, found by its name on PATH; Clang's driver only."""
    arguments = _clang_arguments(ctx, context, without) + ["-fsyntax-only"]
    files = [source]
    if precompiled:
        arguments += ["-include-pch", precompiled.path]
        files.append(precompiled)
    inputs = depset(files, transitive = [context.headers])
    what = "%s with %s" % (source.short_path, compiler)
    _run(ctx, log, inputs, [compiler] + arguments + [source.path], what, _HERE if precompiled else {})

def _clang_arguments(ctx, context, without):
    # --param tunes g++ itself; Clang says that it does not use it.
    arguments = [flag for flag in _flags(ctx, without) if not flag.startswith("--param=")]
    arguments.append("-Wno-unknown-warning-option")
    arguments += ["-D" + define for define in context.defines.to_list()]
    for option, folders in [("-iquote", context.quote_includes), ("-I", context.includes), ("-isystem", context.system_includes)]:
        for folder in folders.to_list():
            arguments += [option, folder]
    return arguments

def _flags(ctx, without):
    return [flag for flag in ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts if flag not in without]
