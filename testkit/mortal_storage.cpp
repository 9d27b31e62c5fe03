#include "weir/testkit/mortal_storage.hpp"

#include <type_traits>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::testing {
namespace {

[[noreturn]] void refuse() { throw error("the simulated process is dead"); }

}  // namespace

template <class Call>
auto mortal_storage::life::live(Call&& call) {
  if (dead) refuse();
  ++calls;
  const bool last = left && (*left)-- == 0;
  if (last) {
    dead = true;
    if (after_effect) static_cast<void>(call());
    refuse();
  }
  return call();
}

class mortal_storage::reading final : public readable_file {
 public:
  reading(std::shared_ptr<life> life, std::unique_ptr<readable_file> below)
      : life_(std::move(life)), below_(std::move(below)) {}
  // Reading changes nothing: to die there is to die before or after.
  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    if (life_->dead) refuse();
    return below_->read_at(offset, into);
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
    life_->live([&] { return below_->append(bytes), 0; });
  }
  void sync() override {
    life_->live([&] { return below_->sync(), 0; });
  }
  void close() override {
    life_->live([&] { return below_->close(), 0; });
  }

 private:
  std::shared_ptr<life> life_;
  std::unique_ptr<writable_file> below_;
};

std::unique_ptr<readable_file> mortal_storage::open(const std::string& path) {
  if (life_->dead) refuse();
  return std::make_unique<reading>(life_, below_->open(path));
}
std::unique_ptr<writable_file> mortal_storage::create(const std::string& path) {
  return std::make_unique<writing>(life_, life_->live([&] { return below_->create(path); }));
}
std::unique_ptr<writable_file> mortal_storage::open_to_append(const std::string& path, std::uint64_t length) {
  return std::make_unique<writing>(life_, life_->live([&] { return below_->open_to_append(path, length); }));
}
void mortal_storage::rename(const std::string& from, const std::string& to) {
  life_->live([&] { return below_->rename(from, to), 0; });
}
void mortal_storage::remove(const std::string& path) {
  life_->live([&] { return below_->remove(path), 0; });
}
file_info mortal_storage::stat(const std::string& path) {
  if (life_->dead) refuse();
  return below_->stat(path);
}
bool mortal_storage::exists(const std::string& path) {
  if (life_->dead) refuse();
  return below_->exists(path);
}
std::vector<file_info> mortal_storage::list(const std::string& pattern) {
  if (life_->dead) refuse();
  return below_->list(pattern);
}
std::vector<std::string> mortal_storage::list_directory(const std::string& path) {
  if (life_->dead) refuse();
  return below_->list_directory(path);
}
void mortal_storage::create_directories(const std::string& path) {
  life_->live([&] { return below_->create_directories(path), 0; });
}
void mortal_storage::remove_directory(const std::string& path) {
  life_->live([&] { return below_->remove_directory(path), 0; });
}
std::unique_ptr<storage_lock> mortal_storage::lock(const std::string& path) {
  if (life_->dead) refuse();
  return below_->lock(path);
}

}  // namespace weir::testing
