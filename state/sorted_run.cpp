#include "weir/state/sorted_run.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t block_bytes_min = std::size_t{32} << 10;
constexpr std::size_t header_bytes = 12;

template <class Unsigned>
void append_little_endian(Unsigned value, std::string& out) {
  for (std::size_t byte = 0; byte < sizeof(Unsigned); ++byte) out.push_back(static_cast<char>(value >> (8 * byte)));
}
template <class Unsigned>
Unsigned little_endian(const char* bytes) noexcept {
  Unsigned value = 0;
  for (std::size_t byte = sizeof(Unsigned); byte-- > 0;) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(bytes[byte]));
  }
  return value;
}

}  // namespace

run_writer::run_writer(storage& disk, const std::string& path) : file_(disk.create(path)) {}

void run_writer::append(std::string_view row) {
  append_little_endian(static_cast<std::uint32_t>(row.size()), block_);
  block_.append(row);
  if (block_.size() >= block_bytes_min) write_block();
}

std::uint64_t run_writer::finish(bool durably) {
  if (!block_.empty()) write_block();
  if (durably) file_->sync();
  file_->close();
  return bytes_;
}

void run_writer::write_block() {
  header_.clear();
  append_little_endian(static_cast<std::uint32_t>(block_.size()), header_);
  append_little_endian(hash_bytes(block_.data(), block_.size()), header_);
  file_->append(header_);
  file_->append(block_);
  bytes_ += header_.size() + block_.size();
  block_.clear();
}

run_reader::run_reader(storage& disk, std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {
  if (!disk.exists(path_)) throw_damaged(path_, "it is missing");
  const std::uint64_t found = disk.stat(path_).size;
  if (found != bytes_) throw_damaged(path_, fmt::format("it has {} bytes instead of {}", found, bytes_));
  file_ = disk.open(path_);
}

bool run_reader::next() {
  if (rest_.empty()) {
    if (offset_ == bytes_) return false;
    read_block();
  }
  std::uint32_t size = 0;
  if (rest_.size() >= sizeof(size)) size = little_endian<std::uint32_t>(rest_.data());
  if (rest_.size() < sizeof(size) + size) throw_damaged(path_, fmt::format("a row before byte {} is cut off", offset_));
  row_ = rest_.substr(sizeof(size), size);
  rest_.remove_prefix(sizeof(size) + size);
  return true;
}

void run_reader::read_block() {
  char header[header_bytes];
  const std::uint64_t at = offset_;
  if (bytes_ - offset_ <= header_bytes) throw_damaged(path_, fmt::format("the block at byte {} is cut off", at));
  read(header, header_bytes);
  const auto size = little_endian<std::uint32_t>(header);
  if (size == 0 || size > bytes_ - offset_) throw_damaged(path_, fmt::format("the block at byte {} is cut off", at));
  block_.resize(size);
  read(block_.data(), size);
  if (hash_bytes(block_.data(), size) != little_endian<std::uint64_t>(header + sizeof(size))) {
    throw_damaged(path_, fmt::format("the checksum of the block at byte {} does not match", at));
  }
  rest_ = block_;
}

void run_reader::read(char* into, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const std::size_t count = file_->read_at(offset_, {into + done, size - done});
    if (count == 0) throw_damaged(path_, fmt::format("it ends after {} of {} bytes", offset_, bytes_));
    done += count;
    offset_ += count;
  }
}

}  // namespace weir::detail
