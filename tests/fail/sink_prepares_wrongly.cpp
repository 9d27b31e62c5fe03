// EXPECT: weir: to<"uid">(sink): the sink's writer has a prepare that cannot be called; write std::string prepare(const prepare_request&)
#include <string>

#include "weir/weir.hpp"

using namespace weir;

struct table_sink {
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "table"; }

  struct writer {
    void write(int) {}
    void flush() {}
    void close() {}
    std::string prepare(std::string checkpoint) { return checkpoint; }
  };
  template <class Element>
  writer open(sink_context&) const {
    return {};
  }
};

int main() {
  auto out = from({1, 2, 3}) | to<"out">(table_sink{});
}
