import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The JDK's client, which keeps its connections: java Client.java PORT COUNT. It does as client.py does. */
public class Client {
  static Map<String, Integer> answers = new TreeMap<>();
  static List<String> failed = new ArrayList<>();
  static volatile boolean ends;

  static void run(HttpClient client, HttpRequest request) {
    while (!ends) {
      String trouble = null, text = "";
      try {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        text = answer.body().trim();
        if (answer.statusCode() != 200) trouble = "" + answer.statusCode();
      } catch (Exception error) {
        trouble = error.toString().replaceAll("[^ -~]|[\"\\\\]", "?");
      }
      synchronized (failed) {
        if (trouble == null) answers.merge(text, 1, Integer::sum);
        else failed.add("\"" + trouble + "\"");
      }
      try {
        Thread.sleep(60);
      } catch (InterruptedException nobody) {
        return;
      }
    }
  }

  static void tell() {
    synchronized (failed) {
      List<String> pairs = new ArrayList<>();
      answers.forEach((name, count) -> pairs.add("\"" + name + "\": " + count));
      System.out.println("{\"answers\": {" + String.join(", ", pairs) + "}, \"failed\": ["
          + String.join(", ", failed) + "]}");
      answers.clear();
      failed.clear();
    }
  }

  public static void main(String[] words) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + words[0] + "/slow/40"))
        .timeout(Duration.ofSeconds(30)).POST(HttpRequest.BodyPublishers.noBody()).build();
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < Integer.parseInt(words[1]); number++) {
      threads.add(new Thread(() -> run(client, request)));
      threads.get(number).start();
    }
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) tell();
    ends = true;
    for (Thread thread : threads) thread.join();
    tell();
    System.exit(0);
  }
}
