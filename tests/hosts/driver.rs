//! What boots the hosts of `solti test`, and the images that they boot from.

use crate::support::{Output, Project, podman, run, wait_until};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

/// Something to check, which a platform called `own` must have.
const ROLE: &str = "summary: greets\nsteps:\n  - name: greet\n    resources:\n    - file: { path: /etc/greeted, content: x }\n    \
                    checks:\n    - command: { name: is greeted, command: [grep, -q, hello, /etc/greeting], within: 5s }\n";

fn greeting(containerfile: &str) -> Project {
    let project = Project::without_hosts();
    project.file("roles/greeting/role.yml", ROLE);
    project.file("molecule-tests/greeting/scenario.yml", "role: greeting\nplatforms: [own]\n");
    project.file("molecule-tests/platforms.yml", "own:\n  build: images\n  args: { GREETING: hello }\n");
    project.file("molecule-tests/images/Containerfile", containerfile);
    project
}

/// A script of `testbed/`, with its arguments.
fn command(words: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("testbed").join(words[0]));
    command.args(&words[1..]).env("SOLTI_TEST_DRIVER", "podman");
    command
}

/// What asks podman or docker something.
type Engine = fn(&[&str]) -> Command;

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// The image that a run says it builds; removed when dropped.
struct Built(String, Engine);

impl Built {
    #[track_caller]
    fn told(output: &Output, engine: Engine) -> Self {
        let line = output.stderr.lines().find_map(|line| line.strip_prefix("own: building ")?.strip_suffix(", once"));
        Self(line.unwrap_or_else(|| panic!("nothing was built\n{output}")).to_owned(), engine)
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        for name in names(self.1).lines().filter(|name| name.starts_with(&self.0)) {
            run(self.1(&["rmi", name]));
        }
    }
}

/// The names of all images.
fn names(engine: Engine) -> String {
    run(engine(&["images", "--format", "{{.Repository}}:{{.Tag}}"])).assert_status(0).stdout
}

fn images_without_a_name() -> usize {
    run(podman(&["images", "-a", "-q", "--filter", "dangling=true", "--filter", "label=solti-image"]))
        .assert_status(0)
        .stdout
        .lines()
        .count()
}

#[test]
fn an_image_is_built_once_as_long_as_nothing_of_it_changes() {
    let project = greeting(
        "FROM localhost/solti/debian13\nARG GREETING\nCOPY note /etc/note\nRUN echo $GREETING >/etc/greeting\n",
    );
    project.file("molecule-tests/images/note", &project.root().display().to_string());
    let first = project.solti(&["test"]).assert_status(0);
    let first = Built::told(&first, podman);
    assert!(names(podman).contains(&format!("{}-used-", first.0)));
    project.solti(&["test", "--until", "create"]).assert_status(0).assert_lacks("building");

    project.file("molecule-tests/images/note", &format!("{} again", project.root().display()));
    let second = Built::told(&project.solti(&["test", "--until", "create"]).assert_status(0), podman);
    project
        .file("molecule-tests/platforms.yml", "own:\n  build: images/Containerfile\n  args: { GREETING: farewell }\n");
    let third = project.solti(&["test"]).assert_status(1).assert_stdout_has("is greeted");
    assert!(first.0 != second.0 && second.0 != Built::told(&third, podman).0);
}

/// Podman, while none of solti's scripts gives an image another name: one of two names would be lost.
fn alone(arguments: &[&str]) -> Command {
    let podman = podman(arguments);
    let mut command = Command::new("flock");
    command.arg("/var/tmp").arg(podman.get_program()).args(podman.get_args());
    command
}

/// The built-in image by a name that nobody else has, which what is built from it is called after.
struct Base(String);

impl Base {
    fn new(name: &str) -> Self {
        let image = run(command(&["images/host.sh", "trixie"])).assert_status(0).stdout;
        let base = format!("{name}{}", std::process::id());
        run(alone(&["tag", image.trim(), &format!("localhost/{base}")])).assert_status(0);
        Self(base)
    }

    /// Containers that images are made in.
    fn containers(&self) -> String {
        let list = podman(&["ps", "-a", "--external", "--format", "{{.Names}}"]);
        let names = run(list).assert_status(0).stdout;
        names.lines().filter(|name| name.starts_with(&self.0)).collect()
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        run(alone(&["rmi", &format!("localhost/{}", self.0)]));
    }
}

#[test]
fn an_image_that_cannot_be_built_is_told_before_anything_starts() {
    let base = Base::new("failing");
    let project = greeting(&format!("FROM localhost/{}\nRUN echo there is no room; exit 3\n", base.0));
    let before = images_without_a_name();
    let output = project.solti(&["test"]).assert_status(3).assert_stderr_has("platforms.yml:2:10");
    output.assert_stderr_has("the image of platform `own` cannot be built").assert_stderr_has("there is no room\n");
    // neither half an image nor what it was made in
    assert_eq!((images_without_a_name(), base.containers().as_str()), (before, ""));

    project.file("molecule-tests/images/Containerfile", "FROM localhost/nobody/has-this\n");
    project.solti(&["test"]).assert_status(3).assert_stderr_has("there is no image localhost/nobody/has-this");
}

#[test]
fn nothing_is_left_of_a_build_that_was_interrupted() {
    let base = Base::new("interrupted");
    let command = format!("sleep {}", 1_000_000 + std::process::id());
    let project = greeting(&format!("FROM localhost/{}\nRUN {command}\n", base.0));
    let runs = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        let mut words = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        words.any(|words| words.trim() == command)
    };
    let test = project.solti_background(&["test"]);
    wait_until("the build is under way", || runs().then_some(()));
    assert!(!base.containers().is_empty());
    test.interrupt();
    test.wait();
    wait_until("nothing runs or is left", || (!runs() && base.containers().is_empty()).then_some(()));
}

/// An image with nothing but a label in it, and what has become of it.
struct Image(String);

impl Image {
    /// One that is used today.
    fn new(name: &str) -> Self {
        let image = Self(format!("localhost/solti-build:{name}{}", std::process::id()));
        let archive = tempfile::Builder::new().suffix(".tar").tempfile().unwrap();
        let content = tempfile::tempdir().unwrap();
        fs::write(content.path().join("name"), &image.0).unwrap();
        let tar = Command::new("tar").arg("-cf").arg(archive.path()).arg("-C").arg(content.path()).arg(".").status();
        assert!(tar.unwrap().success());
        let (label, archive) = (format!("LABEL solti-image={}", image.0), archive.path().display().to_string());
        run(podman(&["import", "-q", "--change", &label, &archive, &image.0])).assert_status(0);
        image.call(&image.used(&today()));
        image
    }

    fn used(&self, day: &str) -> String {
        format!("{}-used-{day}", self.0)
    }

    /// It was last used long ago. From then on other runs, which look after images too, may remove it.
    fn age(&self) {
        self.call(&self.used("20200101"));
        self.forget(&self.used(&today()));
    }

    fn forget(&self, name: &str) {
        run(podman(&["rmi", name])).assert_status(0);
    }

    fn call(&self, name: &str) {
        run(podman(&["tag", &self.0, name])).assert_status(0);
    }

    /// The same by another name.
    fn also(&self, name: String) -> Self {
        self.call(&name);
        Self(name)
    }

    fn is_there(&self) -> bool {
        names(podman).lines().any(|name| name == self.0)
    }

    fn days(&self) -> usize {
        let stamp = format!("{}-used-", self.0);
        names(podman).lines().filter(|name| name.starts_with(&stamp)).count()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        for name in names(podman).lines().filter(|name| name.starts_with(&self.0)) {
            run(podman(&["rmi", name]));
        }
    }
}

fn today() -> String {
    let date = Command::new("date").arg("+%Y%m%d").output().unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

#[test]
fn images_that_nobody_has_used_for_long_go() {
    let state = tempfile::tempdir().unwrap();
    let collect = || {
        let mut collect = command(&["hosts.sh", "gc"]);
        collect.env("SOLTI_TEST_STATE", state.path());
        run(collect).assert_status(0);
    };
    let [old, new, unknown, busy, unnamed, shared] =
        ["old", "new", "unknown", "busy", "unnamed", "shared"].map(Image::new);
    let called = old.also(format!("localhost/solti/old{}:latest", std::process::id()));
    // somebody else's are those that have another name, whatever their label says
    let theirs = shared.also(format!("localhost/theirs:{}", std::process::id()));
    let container = run(podman(&["create", &busy.0, "/none"])).assert_status(0).stdout;
    unknown.forget(&unknown.used(&today()));
    for image in [&old, &busy, &unnamed, &shared] {
        image.age();
    }
    run(podman(&["rmi", &unnamed.0]));
    let there = |images: &[&Image]| images.iter().map(|image| image.is_there()).collect::<Vec<_>>();
    collect();
    let first = (there(&[&old, &called, &shared]), there(&[&new, &unknown, &busy, &theirs]));
    let days = (new.days(), unknown.days(), unnamed.days());
    run(podman(&["rm", container.trim()])).assert_status(0);
    collect();
    assert_eq!(first, (vec![false, false, false], vec![true, true, true, true]));
    assert_eq!(days, (1, 1, 0));
    assert_eq!(there(&[&new, &unknown, &busy, &theirs]), [true, true, false, true]);
}

/// A folder of programs that stands for PATH.
struct Programs(tempfile::TempDir);

impl Programs {
    /// All that hosts need but podman and docker.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let names = "bash tar flock ssh ssh-keygen newuidmap mmdebstrap apt-ftparchive dpkg-deb gpg timeout";
        for name in names.split(' ') {
            symlink(Path::new("/usr/bin").join(name), folder.path().join(name)).unwrap();
        }
        Self(folder)
    }

    /// A program that is this shell text.
    fn add(&self, name: &str, text: &str) -> &Self {
        let path = self.0.path().join(name);
        let _ = fs::remove_file(&path);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Runs solti with them.
    #[track_caller]
    fn test(&self, project: &Project, arguments: &[&str]) -> Output {
        let mut command = project.command(&[&["test"], arguments].concat());
        command.env("PATH", self.0.path()).env_remove("SOLTI_TEST_DRIVER");
        run(command)
    }
}

#[test]
fn what_the_machine_lacks_is_told_before_anything_starts() {
    let project = greeting("FROM localhost/solti/debian13\n");
    let programs = Programs::new();
    let output =
        programs.test(&project, &[]).assert_status(3).assert_stderr_has("this machine has no podman or docker");
    output.assert_stderr_has("sudo apt-get install --no-install-recommends podman").assert_lacks("panicked");
    programs
        .test(&project, &["--driver", "docker"])
        .assert_status(3)
        .assert_stderr_has("apt-get install --no-install-recommends docker.io");
    programs.test(&project, &["--driver", "dokcer"]).assert_status(3).assert_stderr_has("podman or docker");

    let silent = "echo 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' >&2; exit 1";
    let output = programs.add("docker", silent).test(&project, &[]).assert_status(3);
    output
        .assert_stderr_has("docker does not answer: Cannot connect to the Docker daemon")
        .assert_stderr_has("help: sudo ");

    let closed = "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1";
    programs.add("docker", closed).add("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    let output =
        programs.test(&project, &[]).assert_status(3).assert_stderr_has("`sudo docker` does not run by itself");
    output.assert_stderr_has("sudo: a password is required").assert_stderr_has("usermod -aG docker");

    programs.add("docker", "echo 'Ubuntu [name=seccomp,profile=builtin name=rootless]'");
    programs.test(&project, &[]).assert_status(3).assert_stderr_has("docker without root cannot be reached");
    // podman is preferred, and needs nothing of docker
    project.file("molecule-tests/platforms.yml", "own: { image: registry.example.org/own }\n");
    for name in ["dirname", "id"] {
        symlink(Path::new("/usr/bin").join(name), programs.0.path().join(name)).unwrap();
    }
    programs.add("docker", silent).add("podman", "echo Error: no such luck >&2; exit 1");
    let output = programs.test(&project, &[]).assert_status(3).assert_lacks("docker");
    output.assert_stderr_has("the image `registry.example.org/own` of platform `own` cannot be had: no such luck");
}

#[test]
fn a_sudo_that_asks_for_a_password_is_told_before_anything_starts() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return; // only root can be somebody else
    }
    let project = greeting("FROM localhost/solti/debian13\n");
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let solti = project.path("solti");
    fs::copy(env!("CARGO_BIN_EXE_solti"), &solti).unwrap();
    let programs = Programs::new();
    programs.add("podman", "echo podman version 5.4.2");
    let tried = |programs: &Programs| {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&solti).arg("test");
        command.current_dir(project.root()).env("PATH", programs.0.path()).env("HOME", project.root());
        run(command)
    };
    let output = tried(&programs).assert_status(3);
    output.assert_stderr_has("hosts are started by root, and `sudo podman` does not run by itself");
    programs.add("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    let output = tried(&programs).assert_status(3).assert_stderr_has("sudo: a password is required");
    output.assert_stderr_has("run `sudo -v` before");
}

/// A docker that writes down what it is told, has every image, and starts nothing.
const RECORDER: &str = r#"printf '%s\n' "docker $*" >>"$RECORD"
case $1 in
ps) echo 0123456789ab ;;
inspect) echo "0123 1 1 /nowhere" ;;
run) exit 1 ;;
esac"#;

#[test]
fn docker_is_told_what_podman_does_by_itself() {
    let (programs, state) = (Programs::new(), tempfile::tempdir().unwrap());
    programs.add("docker", RECORDER);
    let record = state.path().join("record");
    let hosts = |arguments: &[&str]| {
        let mut command = command(&[&["hosts.sh"], arguments].concat());
        let path = format!("{}:{}", programs.0.path().display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("RECORD", &record).env("SOLTI_TEST_STATE", state.path());
        command.env("SOLTI_TEST_DRIVER", "docker").env("SOLTI_TEST_OWNER", "keep").env("SOLTI_TEST_STANDINS", "no");
        run(command)
    };
    hosts(&["up", "x", "web=image:registry.example.org/debian"])
        .assert_status(1)
        .assert_stderr_has("not every host of x");
    hosts(&["gc"]).assert_status(0);
    let told = fs::read_to_string(&record).unwrap().replace(&state.path().display().to_string(), "STATE");
    let told: String = told.lines().filter(|line| *line != "docker version").map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(told, @r#"
    docker image inspect registry.example.org/debian
    docker run -d --name x-web --hostname web --privileged --cgroupns private --env container=docker --stop-signal SIGRTMIN+3 --tmpfs /run:exec,mode=755 --tmpfs /run/lock --tmpfs /tmp:exec --label solti-test=x --label solti-test-folder=STATE/x --label solti-test-pid=keep --env SOLTI_TEST_STANDINS=no --mount type=bind,src=STATE/x/web,dst=/etc/solti-test,ro registry.example.org/debian sh -c eval "$(cat /etc/solti-test/boot)"
    docker ps -aq --filter label=solti-test=x
    docker rm -f -v 0123456789ab
    docker ps -aq --filter label=solti-test
    docker inspect 0123456789ab --format {{.Id}} {{index .Config.Labels "solti-test-pid"}} {{index .Config.Labels "solti-test-started"}} {{index .Config.Labels "solti-test-folder"}}
    docker rm -f -v 0123
    docker images --filter label=solti-image --format {{.ID}} {{.Repository}}:{{.Tag}}
    "#);
}

/// The same as with podman, where a docker answers.
#[test]
fn a_real_docker_boots_hosts_where_there_is_one() {
    let info = Command::new("docker").arg("info").output();
    if !info.is_ok_and(|output| output.status.success()) {
        eprintln!("no docker answers on this machine: nothing was tried with it");
        return;
    }
    let project = greeting("FROM localhost/solti/debian12\nRUN echo hello >/etc/greeting\n");
    let standins = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/standins");
    // a container in a host, too
    let prepare = "podman run --rm docker.io/grafana/loki:3.5.7 --version && echo hello >/etc/greeting";
    let platforms = format!(
        "own: {{ build: images }}\nnew: {{ image: debian13, mounts: ['{}:/srv/standins'], prepare: '{prepare}' }}\n",
        standins.display()
    );
    project.file("molecule-tests/platforms.yml", &platforms);
    project.file("molecule-tests/greeting/scenario.yml", "role: greeting\nplatforms: [own, new]\n");
    let output =
        project.solti(&["test", "--driver", "docker"]).assert_status(0).assert_stdout_has("2 scenario runs passed");
    let _built = Built::told(&output, docker);
    let kept = || run(docker(&["ps", "-aq", "--filter", "label=solti-test-pid=keep"])).assert_status(0).stdout;
    let keep = || {
        project.solti(&["test", "--driver", "docker", "--keep", "--platform", "own"]).assert_status(0);
        kept()
    };
    let first = keep();
    assert_eq!((first.lines().count(), keep()), (1, first));
    // whoever removes them need not know what has booted them
    project.solti(&["test", "--destroy"]).assert_status(0);
    assert_eq!(kept(), "");
}
