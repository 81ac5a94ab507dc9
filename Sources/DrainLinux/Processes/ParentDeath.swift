import CLinux
import DrainCore

/// drainit's own end with its parent's, where it was asked for (tini's `-p`).
public enum ParentDeath {
  /// Has the kernel send drainit that signal when its parent ends; false where the parent has ended
  /// while it was asked for, so that none will come.
  ///
  /// The corresponding C function is `prctl` with PR_SET_PDEATHSIG.
  public static func request(_ signal: Signal) -> Bool {
    let parent = getppid()
    _ = linux_prctl(PR_SET_PDEATHSIG, UInt(UInt32(bitPattern: signal.number)))
    return getppid() == parent
  }
}
