// Snapshots whose files are edited, cut or replaced at will, the manifest with a right checksum if the input says so:
// reading fails by an error, or gives exactly blocks that were written.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_writer.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace {

using weir::snapshot_block;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<snapshot_block> made_blocks() {
  std::vector<snapshot_block> blocks(3);
  for (std::uint32_t i = 0; i < blocks.size(); ++i) {
    blocks[i].kind = i % 2 != 0 ? weir::block_kind::rows : weir::block_kind::part;
    blocks[i].key_group = i % 2 != 0 ? i : weir::mixed_key_groups;
    blocks[i].rows = blocks[i].subtask = i;
    blocks[i].name.assign(i, '%');
    blocks[i].bytes.assign(20 * i, static_cast<char>(i));
  }
  return blocks;
}

/// One snapshot, written once; a run changes one of its files and puts it back when the next one begins.
class written_snapshot {
 public:
  written_snapshot() {
    weir::snapshot_writer writer(disk_, "sp");
    for (const snapshot_block& each : blocks_) writer.append(each);
    weir::snapshot_manifest manifest;
    manifest.operators = {{"uid", "kind", "", "", 4}};
    writer.finish(std::move(manifest));
    data_ = disk_.read("sp/data");
    manifest_ = disk_.read("sp/MANIFEST");
  }

  weir::storage& disk() { return disk_; }
  const std::vector<snapshot_block>& blocks() const { return blocks_; }
  const std::string& data() const { return data_; }
  const std::string& manifest() const { return manifest_; }

  void put_back() {
    if (!changed_.empty()) disk_.write(changed_, changed_ == "sp/data" ? data_ : manifest_);
    changed_.clear();
  }

  void change(const std::string& path, const std::string& bytes) {
    disk_.write(path, bytes);
    changed_ = path;
  }

 private:
  weir::testing::memory_storage disk_;
  std::vector<snapshot_block> blocks_ = made_blocks();
  std::string data_;
  std::string manifest_;
  std::string changed_;
};

/// What was written must be found as it was, or not at all.
bool is_one_of(const snapshot_block& found, const std::vector<snapshot_block>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const snapshot_block& each) {
    return found.kind == each.kind && found.operator_index == each.operator_index && found.subtask == each.subtask &&
           found.key_group == each.key_group && found.rows == each.rows && found.rows_in_group == each.rows_in_group &&
           found.name == each.name && found.bytes == each.bytes;
  });
}

/// Short inputs stand for 40 bytes drawn from them, so that they do something, too.
std::string drawn_from(std::string_view input) {
  if (input.size() >= 16) return std::string(input);
  std::mt19937_64 random(weir::detail::hash_bytes(input.data(), input.size()));
  std::string bytes(40, '\0');
  for (char& each : bytes) each = static_cast<char>(random());
  return bytes;
}

/// Applies the edits that `bytes` describes, four bytes each: a place, what to do and with which byte.
std::string edited(std::string text, std::string_view bytes) {
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t place = (at(0) * 256u + at(1)) % (text.size() + 1);
    switch (at(2) % 5) {
      case 0:
        text.resize(place);
        break;
      case 1:
        text.insert(place, 1, bytes[3]);
        break;
      case 2:
        text.erase(place, at(3));
        break;
      case 3:
        text += text.substr(place, at(3));
        break;
      default:
        if (place < text.size()) text[place] = bytes[3];
        break;
    }
  }
  return text;
}

std::string with_checksum(const std::string& text) {
  const std::size_t last_line = text.rfind('\n', text.empty() ? 0 : text.size() - 2);
  const std::string before = text.substr(0, last_line == text.npos ? 0 : last_line + 1);
  char line[64];
  std::snprintf(line, sizeof line, "\"checksum\": \"%016llx\"}\n",
                static_cast<unsigned long long>(weir::detail::hash_bytes(before.data(), before.size())));
  return before + line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static written_snapshot written;
  written.put_back();
  if (size > 0) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string edits = drawn_from(input.substr(1)).substr(0, 4 * (1 + size % 10));
    const bool of_data = data[0] % 2 != 0;
    const std::string bytes = data[0] % 16 < 2 ? edits : edited(of_data ? written.data() : written.manifest(), edits);
    written.change(of_data ? "sp/data" : "sp/MANIFEST", data[0] % 4 == 2 ? with_checksum(bytes) : bytes);
  }
  try {
    weir::snapshot_reader reader(written.disk(), "sp");
    for (const weir::block_place& place : reader.manifest().blocks) {
      try {
        require(is_one_of(reader.read(place), written.blocks()));
      } catch (const weir::snapshot_damaged&) {
      }
    }
    require(size > 0 || reader.manifest().blocks.size() == written.blocks().size());
  } catch (const weir::error&) {
    require(size > 0);
  }
  return 0;
}
