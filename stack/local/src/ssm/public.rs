//! Parameters that AWS publishes, as far as templates ask for them: images of machines.
//!
//! Nothing starts a machine here, so that an image is a name and no more: it is the same for the same parameter.

use sha2::{Digest as _, Sha256};

/// Beginnings of the names of parameters whose value is an image.
const IMAGES: [&str; 4] = [
    "/aws/service/ami-amazon-linux-latest/",
    "/aws/service/ami-windows-latest/",
    "/aws/service/canonical/ubuntu/",
    "/aws/service/ecs/optimized-ami/",
];

/// The value of a published parameter.
pub(super) fn value(name: &str) -> Option<String> {
    let name = name.split_once(":parameter").map_or(name, |(_, name)| name);
    if !IMAGES.iter().any(|start| name.starts_with(start) && name.len() > start.len()) {
        return None;
    }
    let image = format!("ami-{}", &hex::encode(Sha256::digest(name.trim_end_matches("/image_id")))[..17]);
    // Of these, the parameter without a last part is a document that has the image in it.
    if name.starts_with("/aws/service/ecs/") && name.ends_with("/recommended") {
        return Some(serde_json::json!({"image_id": image, "schema_version": 1}).to_string());
    }
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_the_same_for_the_same_parameter() {
        let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let image = value(name).unwrap();
        assert!(image.starts_with("ami-") && image.len() == 21, "{image}");
        assert_eq!(value(&format!("arn:aws:ssm:us-east-1::parameter{name}")), Some(image));
        let cluster = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended";
        let image = value(&format!("{cluster}/image_id")).unwrap();
        assert!(value(cluster).unwrap().contains(&image));
        assert_eq!(value("/aws/service/other"), None);
        assert_eq!(value("/own"), None);
    }
}
