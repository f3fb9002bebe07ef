//! Certificates, made by `openssl`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use super::programs::{postgres_user, run};

/// An authority that signs certificates, in a folder of its own.
pub struct Authority(PathBuf);

impl Authority {
    pub fn make(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let authority = Self(folder.to_owned());
        authority.sign_itself("root", "/CN=authority");
        authority
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub fn sign_itself(&self, name: &str, subject: &str) {
        self.openssl(&[
            "req",
            "-new",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            subject,
            "-days",
            "2",
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.crt"),
        ]);
        self.hand_over(name);
    }

    pub fn sign(&self, name: &str, subject: &str, extension: Option<&str>) {
        self.sign_for(name, subject, extension, 2);
    }

    pub fn sign_for(&self, name: &str, subject: &str, extension: Option<&str>, days: i32) {
        let days = days.to_string();
        self.openssl(&[
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            subject,
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.csr"),
        ]);
        let (request, certificate) = (format!("{name}.csr"), format!("{name}.crt"));
        let mut arguments = vec![
            "x509",
            "-req",
            "-in",
            &request,
            "-days",
            &days,
            "-CA",
            "root.crt",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-out",
            &certificate,
        ];
        if let Some(extension) = extension {
            fs::write(self.0.join("extensions"), extension).unwrap();
            arguments.extend(["-extfile", "extensions"]);
        }
        self.openssl(&arguments);
        self.hand_over(name);
    }

    fn openssl(&self, arguments: &[&str]) {
        run(Command::new("openssl").args(arguments).current_dir(&self.0));
    }

    fn hand_over(&self, name: &str) {
        let key = self.0.join(format!("{name}.key"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some(user) = postgres_user() {
            chown(&key, Some(user), None).unwrap();
        }
    }
}
