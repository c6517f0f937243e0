import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import java.io.File;

/** The keys of a settings file without its outermost block, one a line, by the jobs' own parser. */
class SettingsKeys {
  public static void main(String[] args) {
    ConfigFactory.parseFile(new File(args[0])).resolve().entrySet().stream()
        .map(entry -> ConfigUtil.splitPath(entry.getKey()))
        .map(path -> String.join(".", path.subList(1, path.size())))
        .sorted()
        .forEach(System.out::println);
  }
}
