# Renders pictures in sRGB as Little CMS does, by way of Pillow: each as a PNG beside it. Arguments: pictures...
import io
import sys

from PIL import Image, ImageCms

screen = ImageCms.createProfile("sRGB")
for path in sys.argv[1:]:
    image = Image.open(path)
    if profile := image.info.get("icc_profile"):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.getDefaultIntent(profile)
        image = ImageCms.profileToProfile(image, profile, screen, renderingIntent=intent, outputMode="RGB")
    image.convert("RGB").save(f"{path}.reference.png")
