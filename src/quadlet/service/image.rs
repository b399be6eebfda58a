//! The service that pulls an image.

use super::translation::Translation;

impl Translation<'_> {
    pub fn image(&mut self) {
        self.needs_storage();
        let Some(image) = self.text("Image") else {
            self.problem_of_all("an image needs Image=");
            return;
        };
        let mut command = self.podman();
        command.add(["image", "pull"]);
        self.texts(
            &mut command,
            &[
                ("Arch", "--arch"),
                ("AuthFile", "--authfile"),
                ("CertDir", "--cert-dir"),
                ("Creds", "--creds"),
                ("DecryptionKey", "--decryption-key"),
                ("OS", "--os"),
                ("Policy", "--policy"),
                ("Variant", "--variant"),
                ("Retry", "--retry"),
                ("RetryDelay", "--retry-delay"),
            ],
        );
        self.flags(&mut command, &[("AllTags", "--all-tags"), ("TLSVerify", "--tls-verify")]);
        self.podman_args(&mut command);
        command.add([image]);
        self.service.section_mut("Service").add("ExecStart", command.to_string());
        self.oneshot();
    }
}
