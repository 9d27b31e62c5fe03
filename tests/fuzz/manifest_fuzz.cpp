// Manifests of any text: what is refused is refused by an error, and what is accepted is written to a text that gives
// the same manifest. The first byte of an input decides whether the others are the text, the text that gets its right
// checksum, which no fuzzer would find, or edits of a real manifest, which gets it, too.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/state/snapshot_manifest.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string with_checksum(std::string text) {
  char line[64];
  std::snprintf(line, sizeof line, "\"checksum\": \"%016llx\"}\n",
                static_cast<unsigned long long>(weir::detail::hash_bytes(text.data(), text.size())));
  return text + line;
}

/// The text of a manifest with everything in it, without its last line.
std::string real_text() {
  weir::snapshot_manifest made;
  made.job = "job";
  made.id = 42;
  made.operators = {{"events", "source", "", "splits", 2}, {"views", "aggregate", "int32", "count:int64", 3}};
  weir::block_place place{.offset = weir::detail::data_header_bytes,
                          .bytes = 100,
                          .kind = weir::block_kind::rows,
                          .operator_index = 1,
                          .key_group = 5,
                          .rows = 2,
                          .name = "100%\xff \"rows\""};
  made.blocks.push_back(place);
  place.offset += place.bytes;
  place.key_group = weir::mixed_key_groups;
  made.blocks.push_back(place);
  made.data_bytes = place.offset + place.bytes;
  const std::string text = weir::detail::manifest_text(made, "MANIFEST");
  require(weir::detail::parse_manifest(text, "MANIFEST") == made);
  return text.substr(0, text.rfind('\n', text.size() - 2) + 1);
}

/// Short inputs stand for 40 bytes drawn from them, so that they do something, too.
std::string drawn_from(std::string_view input) {
  if (input.size() >= 16) return std::string(input);
  std::mt19937_64 random(weir::detail::hash_bytes(input.data(), input.size()));
  std::string bytes(40, '\0');
  for (char& each : bytes) each = static_cast<char>(random());
  return bytes;
}

/// Applies the edits that `bytes` describes, three bytes each: a place and what to put there.
std::string edited(std::string text, std::string_view bytes) {
  constexpr std::string_view put = "{}[]\",:-0123456789.eE%nulltrue\\ \n";
  for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t place = (at(0) * 256u + at(1)) % (text.size() + 1);
    if (at(2) < 128) {
      text.insert(place, 1, put[at(2) % put.size()]);
    } else if (at(2) < 192) {
      text.erase(place, at(2) % 32);
    } else if (place < text.size()) {
      text[place] = put[at(2) % put.size()];
    }
  }
  return text;
}

void test(const std::string& text) {
  weir::snapshot_manifest found;
  try {
    found = weir::detail::parse_manifest(text, "MANIFEST");
  } catch (const weir::error& failure) {
    require(std::string_view(failure.what()).starts_with("MANIFEST "));
    return;
  }
  const std::string again = weir::detail::manifest_text(found, "MANIFEST");
  require(weir::detail::parse_manifest(again, "MANIFEST") == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string real = real_text();
  if (size == 0) {
    test("");
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      test(std::string(input));
      break;
    case 1:
      test(with_checksum(std::string(input)));
      break;
    default:
      test(with_checksum(edited(real, drawn_from(input).substr(0, 3 * (1 + size % 13)))));
      break;
  }
  return 0;
}
