#include "weir/testkit/mortal_storage.hpp"

#include <type_traits>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/testkit/fault_point.hpp"

namespace weir::testing {
namespace {

[[noreturn]] void refuse() { throw error("the simulated process is dead"); }
[[noreturn]] void fail() { throw error(std::string("the disk ") + on_purpose); }

}  // namespace

bool mortal_storage::life::fails_now() {
  if (!until_error || (*until_error)-- > 0) return false;
  until_error.reset();
  ++errors;
  return true;
}

template <class Call>
auto mortal_storage::life::change(Call&& call) {
  if (dead) refuse();
  ++calls;
  const bool last = left && (*left)-- == 0;
  if (last) {
    dead = true;
    if (after_effect) static_cast<void>(call());
    refuse();
  }
  if (fails_now()) {
    if (error_after_effect) static_cast<void>(call());
    fail();
  }
  return call();
}

template <class Call>
auto mortal_storage::life::look(Call&& call) {
  if (dead) refuse();
  if (fails_now()) fail();
  return call();
}

class mortal_storage::reading final : public readable_file {
 public:
  reading(std::shared_ptr<life> life, std::unique_ptr<readable_file> below)
      : life_(std::move(life)), below_(std::move(below)) {}
  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    return life_->look([&] { return below_->read_at(offset, into); });
  }

 private:
  std::shared_ptr<life> life_;
  std::unique_ptr<readable_file> below_;
};

class mortal_storage::writing final : public writable_file {
 public:
  writing(std::shared_ptr<life> life, std::unique_ptr<writable_file> below)
      : life_(std::move(life)), below_(std::move(below)) {}
  void append(std::string_view bytes) override {
    const std::uint64_t errors_before = life_->errors;
    try {
      life_->change([&] { return below_->append(bytes), 0; });
    } catch (const error&) {
      const bool torn = life_->errors != errors_before && !life_->error_after_effect;
      if (torn) below_->append(bytes.substr(0, bytes.size() / 2));
      throw;
    }
  }
  void sync() override {
    life_->change([&] { return below_->sync(), 0; });
  }
  void close() override {
    life_->change([&] { return below_->close(), 0; });
  }

 private:
  std::shared_ptr<life> life_;
  std::unique_ptr<writable_file> below_;
};

std::unique_ptr<readable_file> mortal_storage::open(const std::string& path) {
  return std::make_unique<reading>(life_, life_->look([&] { return below_->open(path); }));
}
std::unique_ptr<writable_file> mortal_storage::create(const std::string& path) {
  return std::make_unique<writing>(life_, life_->change([&] { return below_->create(path); }));
}
std::unique_ptr<writable_file> mortal_storage::open_to_append(const std::string& path, std::uint64_t length) {
  return std::make_unique<writing>(life_, life_->change([&] { return below_->open_to_append(path, length); }));
}
void mortal_storage::rename(const std::string& from, const std::string& to) {
  life_->change([&] { return below_->rename(from, to), 0; });
}
void mortal_storage::remove(const std::string& path) {
  life_->change([&] { return below_->remove(path), 0; });
}
file_info mortal_storage::stat(const std::string& path) {
  return life_->look([&] { return below_->stat(path); });
}
bool mortal_storage::exists(const std::string& path) {
  return life_->look([&] { return below_->exists(path); });
}
std::vector<file_info> mortal_storage::list(const std::string& pattern) {
  return life_->look([&] { return below_->list(pattern); });
}
std::vector<std::string> mortal_storage::list_directory(const std::string& path) {
  return life_->look([&] { return below_->list_directory(path); });
}
void mortal_storage::create_directories(const std::string& path) {
  life_->change([&] { return below_->create_directories(path), 0; });
}
void mortal_storage::remove_directory(const std::string& path) {
  life_->change([&] { return below_->remove_directory(path), 0; });
}
std::unique_ptr<storage_lock> mortal_storage::lock(const std::string& path) {
  return life_->look([&] { return below_->lock(path); });
}

}  // namespace weir::testing
