#pragma once
// How the parts in a directory are called. "part-3-0-12.csv" is the thirteenth part of subtask 0 in the third run over that
// directory; runs are counted over restarts and jobs, so no name comes twice. Before it is visible it is called
// ".JOB.UID.part-3-0-12.csv", by which the leftovers of a sink are known from everybody else's files.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::detail {

/// `extension` with its dot.
std::string part_name(std::uint64_t run, std::size_t subtask, std::uint64_t number, std::string_view extension);

/// The run in the name of a visible part; none for every other name.
std::optional<std::uint64_t> run_of_part(std::string_view name);

/// ".JOB.UID.": what the hidden parts of a sink begin with, and those of no other.
std::string hidden_part_prefix(std::string_view job, std::string_view uid);

}  // namespace weir::detail
