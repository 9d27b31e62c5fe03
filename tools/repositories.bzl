"""Every repository that weir builds against, for weir's own WORKSPACE and for those that depend on weir.

Each one is a folder under third_party/ whose BUILD file points at headers and libraries from the system's package
manager (./weir setup installs them), so a build fetches nothing. The labels are the ones that the upstream projects
use: to build against other copies, declare a repository of the same name before calling weir_repositories().
"""

# Folder under third_party/ by repository name.
_FOLDERS = {
    "boost_hana": "boost_hana",
    "cli11": "cli11",
    "cpp_httplib": "cpp_httplib",
    "com_github_google_benchmark": "benchmark",
    "com_google_googletest": "googletest",
    "fmt": "fmt",
    "nlohmann_json": "nlohmann_json",
    "range_v3": "range_v3",
    "rapidcheck": "rapidcheck",
    "rocksdb": "rocksdb",
    "simdjson": "simdjson",
    "xxhash": "xxhash",
    # Bazel 4 reads these three for its own tool packages and would download them.
    "remote_coverage_tools": "coverage_tools",
    "rules_cc": "rules_cc",
    "rules_java": "rules_java",
}

def _system_repository_impl(ctx):
    for entry in ctx.path(ctx.attr.marker).dirname.readdir():
        ctx.symlink(entry, entry.basename)

# A local_repository whose path is relative to weir's checkout, wherever that lies.
system_repository = repository_rule(
    implementation = _system_repository_impl,
    attrs = {"marker": attr.label(mandatory = True, doc = "The BUILD file of the folder under third_party/.")},
    local = True,
)

def weir_repositories():
    """Declares the repositories that are not declared yet."""
    for name, folder in _FOLDERS.items():
        if not native.existing_rule(name):
            system_repository(name = name, marker = Label("//third_party/%s:BUILD" % folder))
