#include "weir/runtime/checkpoint_mailbox.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

std::size_t allocations = 0;
std::size_t large_allocations = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (bytes >= weir::detail::checkpoint_mailbox::block_bytes) ++large_allocations;
  void* const memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::detail {
namespace {

using kind = checkpoint_message::kind;

TEST(checkpoint_mailbox, has_buffers_ready_for_a_checkpoint) {
  checkpoint_mailbox mailbox;
  mailbox.request(1, false);
  large_allocations = 0;
  for (int blocks = 0; blocks < 100; ++blocks) {
    std::vector<std::string> filled;
    for (int i = 0; i < 3; ++i) {
      filled.push_back(mailbox.take_buffer());
      EXPECT_GE(filled.back().capacity(), checkpoint_mailbox::block_bytes);
      EXPECT_TRUE(filled.back().empty());
    }
    EXPECT_EQ(large_allocations, 0u) << "a subtask made a buffer";
    for (std::string& bytes : filled) {
      snapshot_block block{};
      block.bytes = std::move(bytes);
      block.bytes.resize(checkpoint_mailbox::block_bytes);
      mailbox.put({kind::block, 1, 0, 0, std::move(block)});
    }
    // The coordinator may make some while it takes blocks.
    while (std::optional<checkpoint_message> message = mailbox.take()) {
      if (blocks % 2 == 0) mailbox.give_back(std::move(message->block.bytes));
    }
    large_allocations = 0;
  }
}

TEST(checkpoint_mailbox, takes_in_messages_without_taking_memory) {
  checkpoint_mailbox mailbox;
  mailbox.request(1, false);
  for (std::size_t round = 0; round < 5; ++round) {
    const std::size_t before = allocations;
    for (std::size_t subtask = 0; subtask < 200; ++subtask) mailbox.put({kind::done, 1, subtask, 0, {}});
    EXPECT_EQ(allocations, before) << "in round " << round;
    for (std::size_t subtask = 0; subtask < 200; ++subtask) {
      EXPECT_FALSE(mailbox.empty());
      if (subtask == 100) mailbox.put({kind::done, 1, 200, 0, {}});
      const std::optional<checkpoint_message> message = mailbox.take();
      ASSERT_TRUE(message);
      EXPECT_EQ(message->subtask, subtask);
    }
    EXPECT_EQ(mailbox.take().value().subtask, 200u);
    EXPECT_TRUE(mailbox.empty());
    EXPECT_FALSE(mailbox.take());
  }
}

TEST(checkpoint_mailbox, makes_a_buffer_where_none_is_ready) {
  checkpoint_mailbox mailbox;
  EXPECT_GE(mailbox.take_buffer().capacity(), checkpoint_mailbox::block_bytes);
}

}  // namespace
}  // namespace weir::detail
