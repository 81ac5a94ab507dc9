import CLinux
import DrainCore
import DrainLinux

/// Prints each signal that comes, until SIGTERM; "ready" when they are blocked.
func readSignals() throws(Errno) -> Int32 {
  var dispositions = Dispositions()
  var queue = try SignalQueue()
  let faults = try FaultSignals(replacing: &dispositions)
  var loop = try EventLoop()
  try loop.add(queue.number, EventToken(kind: 1), .arrivals)
  try loop.add(faults.number, EventToken(kind: 2), .reading)
  say("ready ", getpid())
  while true {
    let count = loop.wait(until: nil)
    for index in 0..<count {
      if loop[index].token.kind == 1 {
        queue.becomeReadable()
        while let received = queue.next() {
          show(received)
          if received.signal == .term { return 0 }
        }
      } else {
        while let received = faults.next() { show(received) }
      }
    }
  }
}

private func show(_ received: ReceivedSignal) {
  var line = ByteBuffer(capacity: 200)
  line.append("signal ")
  line.append(decimal: Int64(received.signal.number))
  line.append(" code ")
  line.append(decimal: Int64(received.code))
  line.append(" pid ")
  line.append(decimal: Int64(received.senderPID))
  line.append(" uid ")
  line.append(decimal: Int64(received.senderUID))
  line.append(" value ")
  line.append(decimal: received.value)
  line.append("\n")
  line.withBytes { _ = SystemCall.write(1, $0) }
}

/// Faults for real, with the handler installed.
func fault(by kind: UnsafeMutablePointer<CChar>?) throws(Errno) -> Int32 {
  var dispositions = Dispositions()
  let queue = try SignalQueue()
  let faults = try FaultSignals(replacing: &dispositions)
  if isWord(kind, "abort") { abort() }
  if isWord(kind, "trap") {
    let none = [Int32](repeating: 0, count: Int(queue.number))
    say("read ", none[Int(faults.number) &+ 1000])
  }
  if isWord(kind, "null") { UnsafeMutablePointer<Int32>(bitPattern: 8)?.pointee = 1 }
  return 0
}
