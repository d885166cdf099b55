# PSNR of the luma of pictures against an ideal Lanczos resize of the photo, in dB, one line a picture.
# The reference is the photo decoded at full size, its luma resized in floating point, not rounded and not compressed.
# Arguments: photo, pictures... A picture with another shape than the photo's is taken for cut out of its middle.
import math
import sys

from PIL import Image


def luma(path):
    image = Image.open(path)
    # For a JPEG the luma as it is stored, without the way over RGB.
    image.draft("YCbCr", image.size)
    return image.convert("YCbCr").getchannel("Y")


photo, *pictures = sys.argv[1:]
assert Image.open(photo).getexif().get(0x0112, 1) == 1, "the photo must be upright"
original = luma(photo).convert("F")
for path in pictures:
    result = luma(path)
    width, height = original.size
    shrink = min(width / result.width, height / result.height)
    # What rounding cut off the shorter side is no cut.
    if abs(width / result.width - height / result.height) * result.width < 2 * shrink:
        box = (0, 0, width, height)
    else:
        cut = (result.width * shrink, result.height * shrink)
        left, top = (width - cut[0]) / 2, (height - cut[1]) / 2
        box = (left, top, left + cut[0], top + cut[1])
    ideal = original.resize(result.size, Image.Resampling.LANCZOS, box=box)
    pairs = zip(ideal.get_flattened_data(), result.get_flattened_data())
    error = sum((min(max(a, 0), 255) - b) ** 2 for a, b in pairs) / (result.width * result.height)
    print(f"{10 * math.log10(255 ** 2 / error):.3f}")
