// Blocks every signal in the calling thread for a scope, so that threads started in it inherit the mask and a host's
// handlers keep running on the host's own threads.
#ifndef NASSHRINK_BASE_SIGNALS_BLOCKED_H_
#define NASSHRINK_BASE_SIGNALS_BLOCKED_H_

#include <pthread.h>
#include <signal.h>

namespace nasshrink::base {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_SIGNALS_BLOCKED_H_
