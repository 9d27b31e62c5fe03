#pragma once
// The one exception type that weir throws. Its text is a sentence for the user: what is wrong, where, what to do.
#include <stdexcept>
#include <string>

namespace weir {

/// Thrown for bad input, wrong options and failing storage. `what()` is one complete sentence.
/// The layers above add what they know (job, uid, subtask) by wrapping the text, never by a second exception type.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace weir
