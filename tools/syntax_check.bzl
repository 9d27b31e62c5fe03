"""What compile_fail.bzl and header_alone.bzl share: compile a source as the build would, keep what the compiler says."""

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

def _run(ctx, log, inputs, command, what):
    ctx.actions.run_shell(
        outputs = [log],
        inputs = inputs,
        command = _KEEP_LOG,
        arguments = [log.path] + command,
        use_default_shell_env = True,
        mnemonic = "SyntaxCheck",
        progress_message = "Checking %s" % what,
    )

def compilation_context(deps):
    """The merged include paths, defines and headers of `deps`."""
    return cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in deps]).compilation_context

def syntax_check(ctx, source, context, log, without = []):
    """Compiles the file `source` with the build's compiler and flags, less those in `without`, and writes `log`."""
    toolchain = find_cc_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = source.path,
        user_compile_flags = _flags(ctx, without) + ["-fsyntax-only"],
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    arguments = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )
    compiler = cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
    )
    inputs = depset([source], transitive = [context.headers, toolchain.all_files])
    _run(ctx, log, inputs, [compiler] + arguments, source.short_path)

def syntax_check_with(ctx, compiler, source, context, log, without = []):
    """The same with a second compiler, found by its name on PATH; Clang's driver only."""
    arguments = _flags(ctx, without) + ["-fsyntax-only", "-Wno-unknown-warning-option"]
    arguments += ["-D" + define for define in context.defines.to_list()]
    for option, folders in [("-iquote", context.quote_includes), ("-I", context.includes), ("-isystem", context.system_includes)]:
        for folder in folders.to_list():
            arguments += [option, folder]
    inputs = depset([source], transitive = [context.headers])
    _run(ctx, log, inputs, [compiler] + arguments + [source.path], "%s with %s" % (source.short_path, compiler))

def _flags(ctx, without):
    return [flag for flag in ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts if flag not in without]
