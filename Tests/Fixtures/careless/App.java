import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** The server of the JDK without a shutdown hook: java App.java PORT NAME. It answers its name after 40 ms. */
public class App {
  public static void main(String[] words) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(words[0])), 128);
    byte[] name = words[1].getBytes();
    server.createContext("/", exchange -> {
      exchange.getRequestBody().readAllBytes();
      try {
        Thread.sleep(40);
      } catch (InterruptedException nobody) {
        throw new AssertionError(nobody);
      }
      exchange.sendResponseHeaders(200, name.length);
      exchange.getResponseBody().write(name);
      exchange.close();
    });
    server.setExecutor(Executors.newFixedThreadPool(32));
    server.start();
  }
}
