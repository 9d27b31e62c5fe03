#include "weir/state/bucket_memory.hpp"

#include <sys/mman.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "weir/core/sanitizer.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t page_bytes = std::size_t{2} << 20;  // a huge page
constexpr std::size_t unit_bytes = page_bytes / 64;       // one bit of a page's mask

/// Smaller arrays come from the heap. Under the address sanitizer all do, because it watches the ends of what lies
/// there, and its leak checker finds what is referred to from there only.
constexpr bool is_mapped(std::size_t bytes) { return !address_sanitizer && bytes >= unit_bytes; }

constexpr std::size_t whole_pages(std::size_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; }

/// Zero bytes that begin at a huge page and are backed by huge pages where the system has them. A multiple of a page.
std::byte* map_pages(std::size_t bytes) {
  void* const mapped =
      ::mmap(nullptr, bytes + page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  std::byte* const begin = static_cast<std::byte*>(mapped);
  void* aligned = begin;
  std::size_t room = bytes + page_bytes;
  std::byte* const first = static_cast<std::byte*>(std::align(page_bytes, bytes, aligned, room));
  if (first != begin) ::munmap(begin, static_cast<std::size_t>(first - begin));
  if (room != bytes) ::munmap(first + bytes, room - bytes);
#ifdef MADV_HUGEPAGE
  ::madvise(first, bytes, MADV_HUGEPAGE);  // only advice: without huge pages it is slower and still right
#endif
  return first;
}

/// Huge pages that nobody uses. A table that grows frees half of what it takes, and the first touch of fresh memory is
/// slow (the kernel fills it with zeros, a virtual machine's host may have to find it first), so pages move from the old
/// arrays to the new ones.
class spare_pages {
 public:
  /// A page that has been used, or null.
  std::byte* take() noexcept {
    const std::lock_guard lock(mutex_);
    return count_ == 0 ? nullptr : pages_[--count_];
  }

  void give_back(std::byte* page) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (count_ < kept_max) {
        pages_[count_++] = page;
        return;
      }
    }
    ::munmap(page, page_bytes);
  }

 private:
  static constexpr std::size_t kept_max = 32;  // 64 MiB
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::byte* pages_[kept_max];
};

/// Never destroyed: a table of static storage may be destroyed after it.
spare_pages& spares() {
  static spare_pages& only = *new spare_pages;
  return only;
}

void clear_first_words(std::byte* first, std::size_t count, std::size_t bucket_bytes) {
  for (std::size_t i = 0; i < count; ++i) std::memset(first + i * bucket_bytes, 0, sizeof(std::uint64_t));
}

/// Whole pages for buckets: spare ones as far as there are any, moved to where they are wanted.
std::byte* map_array(std::size_t bytes, std::size_t bucket_bytes) {
  std::byte* const first = map_pages(bytes);
  for (std::size_t offset = 0; offset < bytes; offset += page_bytes) {
    std::byte* const spare = spares().take();
    if (spare == nullptr) break;
    if (::mremap(spare, page_bytes, page_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, first + offset) == MAP_FAILED) {
      ::munmap(spare, page_bytes);
      break;
    }
    clear_first_words(first + offset, page_bytes / bucket_bytes, bucket_bytes);
  }
  return first;
}

void unmap_array(std::byte* first, std::size_t bytes) noexcept {
  for (std::size_t offset = 0; offset < bytes; offset += page_bytes) spares().give_back(first + offset);
}

/// Hands out parts of huge pages to arrays that are smaller than one. A table has one array per key group, and they are
/// all of about the same size, so a page of 64 equal units wastes little, and two neighbours that are freed make room
/// for one that has doubled.
class shared_pages {
 public:
  struct part {
    std::byte* first;
    bool fresh;  ///< never used: all zero
  };

  part take(std::size_t bytes) {
    const std::uint64_t wanted = mask_of(bytes);
    const std::lock_guard lock(mutex_);
    for (page& each : pages_) {
      for (unsigned unit = 0; unit <= static_cast<unsigned>(std::countl_zero(wanted)); ++unit) {
        if ((each.used & wanted << unit) == 0) return take(each, wanted, unit);
      }
    }
    pages_.reserve(pages_.size() + 1);
    std::byte* const spare = spares().take();
    pages_.push_back({spare == nullptr ? map_pages(page_bytes) : spare, 0, spare == nullptr ? 0 : ~std::uint64_t{0}});
    return take(pages_.back(), wanted, 0);
  }

  void give_back(std::byte* first, std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    std::size_t empty = 0;
    for (std::size_t index = 0; index < pages_.size(); ++index) {
      page& each = pages_[index];
      if (first >= each.first && first < each.first + page_bytes) {
        each.used &= ~(mask_of(bytes) << (static_cast<std::size_t>(first - each.first) / unit_bytes));
      }
      if (each.used != 0 || ++empty <= empty_max) continue;
      spares().give_back(each.first);
      each = pages_.back();
      pages_.pop_back();
      --index;
    }
  }

 private:
  struct page {
    std::byte* first;
    std::uint64_t used;     ///< a bit per unit
    std::uint64_t touched;  ///< units that have been used at some time
  };

  /// Pages kept for the next growth, because the first touch of fresh memory is slow.
  static constexpr std::size_t empty_max = 4;

  static std::uint64_t mask_of(std::size_t bytes) {
    const std::size_t units = (bytes + unit_bytes - 1) / unit_bytes;
    return ~std::uint64_t{0} >> (64 - units);
  }

  static part take(page& from, std::uint64_t wanted, unsigned unit) {
    const bool fresh = (from.touched & wanted << unit) == 0;
    from.used |= wanted << unit;
    from.touched |= wanted << unit;
    return {from.first + unit * unit_bytes, fresh};
  }

  std::mutex mutex_;
  std::vector<page> pages_;
};

/// Never destroyed: a table of static storage may be destroyed after it.
shared_pages& pages() {
  static shared_pages& only = *new shared_pages;
  return only;
}

}  // namespace

std::byte* allocate_buckets(std::size_t count, std::size_t bucket_bytes) {
  const std::size_t bytes = count * bucket_bytes;
  if (is_mapped(bytes)) {
    if (bytes > page_bytes) return map_array(whole_pages(bytes), bucket_bytes);
    const shared_pages::part taken = pages().take(bytes);
    if (!taken.fresh) clear_first_words(taken.first, count, bucket_bytes);
    return taken.first;
  }
  auto* const first = static_cast<std::byte*>(::operator new(bytes, std::align_val_t{bucket_bytes}));
  clear_first_words(first, count, bucket_bytes);
  return first;
}

void free_buckets(std::byte* first, std::size_t count, std::size_t bucket_bytes) noexcept {
  const std::size_t bytes = count * bucket_bytes;
  if (!is_mapped(bytes)) {
    ::operator delete(first, std::align_val_t{bucket_bytes});
  } else if (bytes > page_bytes) {
    unmap_array(first, whole_pages(bytes));
  } else {
    pages().give_back(first, bytes);
  }
}

}  // namespace weir::detail
