//! What a job asks for, read from its settings in the form of the template. What ffmpeg is not told to do is refused.

use serde_json::Value;

use super::bad;
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

/// An object of S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Location {
    /// Reads `s3://bucket/key`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
        (!bucket.is_empty()).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:s3:::{}/{}", self.bucket, self.key)
    }
}

/// One file that a job writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) target: Location,
    pub(super) content_type: &'static str,
    /// Arguments of ffmpeg between the input and the file.
    pub(super) arguments: Vec<String>,
}

/// A job, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) input: Location,
    /// By output group.
    pub(super) groups: Vec<Vec<Output>>,
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn unserved(what: &str) -> ServiceError {
    bad(format!(
        "the local cloud does not serve {what} of MediaConvert: it makes MP4 and MOV files of one input with H.264 or H.265 and AAC"
    ))
}

/// Reads the settings of a job, over which those of its template and presets are laid already.
///
/// # Errors
/// `BadRequestException`: something is missing, or is not served.
pub(super) fn read(settings: &Value) -> Result<Work, ServiceError> {
    let input = match list(settings, "Inputs") {
        [input] => input,
        [] => return Err(bad("/inputs: Should have at least one input")),
        _ => return Err(unserved("jobs with several inputs")),
    };
    for name in ["InputClippings", "ImageInserter", "DecryptionSettings", "SupplementalImps", "TimecodeStart"] {
        if !input[name].is_null() {
            return Err(unserved(&format!("`{name}` of inputs")));
        }
    }
    let file = input["FileInput"].as_str().ok_or_else(|| bad("/inputs/0/fileInput: is a required property"))?;
    let input = Location::parse(file)
        .filter(|location| !location.key.is_empty())
        .ok_or_else(|| bad(format!("/inputs/0/fileInput: `{file}` is not of the form s3://bucket/key")))?;
    let groups = list(settings, "OutputGroups");
    if groups.is_empty() {
        return Err(bad("/outputGroups: Should have at least one output group"));
    }
    let groups = groups.iter().map(|group| read_group(group, &input)).collect::<Result<_, _>>()?;
    Ok(Work { input, groups })
}

fn read_group(group: &Value, input: &Location) -> Result<Vec<Output>, ServiceError> {
    let settings = &group["OutputGroupSettings"];
    if settings["Type"] != "FILE_GROUP_SETTINGS" {
        return Err(unserved(&format!("output groups of the type {}", settings["Type"])));
    }
    let base = input.key.rsplit('/').next().unwrap_or(&input.key);
    let base = base.rsplit_once('.').map_or(base, |(base, _)| base);
    let destination = settings["FileGroupSettings"]["Destination"].as_str();
    let destination = match destination {
        Some(text) => Location::parse(text)
            .ok_or_else(|| bad(format!("/outputGroups/destination: `{text}` is not of the form s3://bucket/prefix")))?,
        // Beside the input.
        None => Location {
            bucket: input.bucket.clone(),
            key: input.key.rsplit_once('/').map_or_else(String::new, |(head, _)| format!("{head}/")),
        },
    };
    let stem = if destination.key.is_empty() || destination.key.ends_with('/') {
        format!("{}{base}", destination.key)
    } else {
        destination.key.clone()
    };
    let outputs = list(group, "Outputs");
    if outputs.is_empty() {
        return Err(bad("/outputGroups/outputs: Should have at least one output"));
    }
    if outputs.len() > 1 && outputs.iter().any(|output| output["NameModifier"].as_str().unwrap_or_default().is_empty())
    {
        return Err(bad(
            "/outputGroups/outputs/nameModifier: outputs of one group need modifiers that tell them apart",
        ));
    }
    outputs.iter().map(|output| read_output(output, &destination.bucket, &stem)).collect()
}

fn read_output(output: &Value, bucket: &str, stem: &str) -> Result<Output, ServiceError> {
    let (extension, content_type) = match output["ContainerSettings"]["Container"].as_str() {
        Some("MP4") => ("mp4", "video/mp4"),
        Some("MOV") => ("mov", "video/quicktime"),
        other => return Err(unserved(&format!("the container {}", other.unwrap_or("that is not given")))),
    };
    let extension = output["Extension"].as_str().map_or(extension, |given| given.trim_start_matches('.'));
    let modifier = output["NameModifier"].as_str().unwrap_or_default();
    let mut arguments = Vec::new();
    match &output["VideoDescription"] {
        Value::Null => arguments.push("-vn".to_owned()),
        video => video_arguments(video, &mut arguments)?,
    }
    match list(output, "AudioDescriptions") {
        [] => arguments.push("-an".to_owned()),
        [audio] => audio_arguments(audio, &mut arguments)?,
        _ => return Err(unserved("outputs with several audio tracks")),
    }
    if !list(output, "CaptionDescriptions").is_empty() {
        return Err(unserved("captions"));
    }
    if output["ContainerSettings"]["Mp4Settings"]["MoovPlacement"] == "PROGRESSIVE_DOWNLOAD" {
        arguments.extend(["-movflags".to_owned(), "+faststart".to_owned()]);
    }
    let target = Location { bucket: bucket.to_owned(), key: format!("{stem}{modifier}.{extension}") };
    Ok(Output { target, content_type, arguments })
}

fn push(arguments: &mut Vec<String>, pairs: &[(&str, String)]) {
    for (name, value) in pairs {
        arguments.push((*name).to_owned());
        arguments.push(value.clone());
    }
}

/// How the picture is brought into the box of `Width` and `Height`.
fn scale(video: &Value) -> Result<String, ServiceError> {
    let side = |name: &str| as_integer(&video[name]).filter(|pixels| (32..=8192).contains(pixels));
    let even = "scale=trunc(iw/2)*2:trunc(ih/2)*2";
    let (width, height) = match (side("Width"), side("Height")) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => return Ok(format!("scale={width}:-2")),
        (None, Some(height)) => return Ok(format!("scale=-2:{height}")),
        (None, None) => return Ok(even.to_owned()),
    };
    let inside = "force_original_aspect_ratio=decrease:force_divisible_by=2";
    Ok(match video["ScalingBehavior"].as_str().unwrap_or("DEFAULT") {
        "FIT_NO_UPSCALE" => format!("scale=w='min({width},iw)':h='min({height},ih)':{inside}"),
        "FIT" => format!("scale={width}:{height}:{inside}"),
        "STRETCH_TO_OUTPUT" => format!("scale={width}:{height}"),
        "FILL" => format!("scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"),
        "DEFAULT" => format!("scale={width}:{height}:{inside},pad={width}:{height}:(ow-iw)/2:(oh-ih)/2"),
        other => return Err(unserved(&format!("the scaling behavior {other}"))),
    })
}

fn video_arguments(video: &Value, arguments: &mut Vec<String>) -> Result<(), ServiceError> {
    if !video["VideoPreprocessors"].is_null() || !video["Crop"].is_null() {
        return Err(unserved("preprocessors and crops"));
    }
    let codec = &video["CodecSettings"];
    let (encoder, settings) = match codec["Codec"].as_str() {
        Some("H_264") => ("libx264", &codec["H264Settings"]),
        Some("H_265") => ("libx265", &codec["H265Settings"]),
        other => return Err(unserved(&format!("the video codec {}", other.unwrap_or("that is not given")))),
    };
    push(
        arguments,
        &[
            ("-map", "0:v:0".to_owned()),
            ("-vf", format!("{},setsar=1", scale(video)?)),
            ("-c:v", encoder.to_owned()),
            ("-preset", "veryfast".to_owned()),
            ("-pix_fmt", "yuv420p".to_owned()),
        ],
    );
    let number = |name: &str| as_integer(&settings[name]).filter(|number| *number > 0);
    match settings["RateControlMode"].as_str().unwrap_or("VBR") {
        "QVBR" => {
            // 10 is the best of MediaConvert, 0 of x264, where 18 to 28 are sane.
            let quality = as_integer(&settings["QvbrSettings"]["QvbrQualityLevel"]).unwrap_or(7).clamp(1, 10);
            push(arguments, &[("-crf", ((350 - 17 * quality) / 10).to_string())]);
            let most =
                number("MaxBitrate").ok_or_else(|| bad("h264Settings/maxBitrate: is a required property with QVBR"))?;
            push(arguments, &[("-maxrate", most.to_string()), ("-bufsize", (2 * most).to_string())]);
        }
        mode => {
            let rate = number("Bitrate")
                .ok_or_else(|| bad("h264Settings/bitrate: is a required property with CBR and VBR"))?;
            let most = if mode == "CBR" { rate } else { number("MaxBitrate").unwrap_or(rate * 3 / 2) };
            push(
                arguments,
                &[("-b:v", rate.to_string()), ("-maxrate", most.to_string()), ("-bufsize", (2 * most).to_string())],
            );
        }
    }
    if settings["FramerateControl"] == "SPECIFIED"
        && let (Some(numerator), Some(denominator)) = (number("FramerateNumerator"), number("FramerateDenominator"))
    {
        push(arguments, &[("-r", format!("{numerator}/{denominator}"))]);
    }
    if settings["GopSizeUnits"] == "FRAMES"
        && let Some(frames) = number("GopSize")
    {
        push(arguments, &[("-g", frames.to_string())]);
    }
    if encoder == "libx265" {
        // Without the tag, players of Apple take the file for something else.
        push(arguments, &[("-tag:v", "hvc1".to_owned())]);
    }
    Ok(())
}

fn audio_arguments(audio: &Value, arguments: &mut Vec<String>) -> Result<(), ServiceError> {
    let codec = &audio["CodecSettings"];
    if codec["Codec"] != "AAC" {
        return Err(unserved(&format!("the audio codec {}", codec["Codec"])));
    }
    let settings = &codec["AacSettings"];
    let channels = match settings["CodingMode"].as_str().unwrap_or("CODING_MODE_2_0") {
        "CODING_MODE_1_0" => 1,
        "CODING_MODE_2_0" => 2,
        "CODING_MODE_5_1" => 6,
        other => return Err(unserved(&format!("the audio coding mode {other}"))),
    };
    let number = |name: &str, default: i64| as_integer(&settings[name]).unwrap_or(default).to_string();
    push(
        arguments,
        &[
            // A silent film is no fault.
            ("-map", "0:a:0?".to_owned()),
            ("-c:a", "aac".to_owned()),
            ("-b:a", number("Bitrate", 96_000)),
            ("-ar", number("SampleRate", 48_000)),
            ("-ac", channels.to_string()),
        ],
    );
    Ok(())
}
