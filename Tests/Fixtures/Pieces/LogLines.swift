import CLinux
import DrainCore
import DrainLinux

/// `log N [user=UID]`: writes N numbered lines to descriptor 2, each after a byte on descriptor 0,
/// and says on descriptor 1 how many were dropped.
func log(_ words: Words) -> Int32 {
  let wanted = number(words[0])
  if let user = words[1], strncmp(user, "user=", 5) == 0, setuid(UInt32(number(user + 5))) == -1 {
    return 1
  }
  var sink = LogSink()
  for index in 0..<wanted {
    var line = ByteBuffer(capacity: 200)
    line.append("line ")
    line.append(decimal: Int64(index))
    line.append("\n")
    sink.write(line.bytes)
  }
  say("dropped ", Int32(truncatingIfNeeded: sink.dropped))
  return 0
}
