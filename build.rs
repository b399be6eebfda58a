//! The roles are embedded in the program: a change in any of them is a reason to build it again.

fn main() {
    println!("cargo:rerun-if-changed=roles");
}
