# The same tasks as functions/media/examples/render_repeatedly.rs, with Pillow. Prints processor milliseconds per photo,
# bytes of the results, and the greatest resident size in KiB. Arguments: photo, task, number of photos, [directory].
import io
import resource
import sys
import time

from PIL import Image, ImageOps

photo, task, count, *directory = sys.argv[1:]
data = open(photo, "rb").read()


def opened():
    return Image.open(io.BytesIO(data))


def written(image, form="JPEG", **options):
    target = io.BytesIO()
    image.convert("RGB").save(target, form, **options)
    return target.getvalue()


def inside(width):
    # `thumbnail` decodes at a reduced size where that loses little, as sharp does.
    image = opened()
    image.thumbnail((width, 16383), Image.Resampling.LANCZOS)
    return written(ImageOps.exif_transpose(image), quality=80)


def avatar(form, **options):
    image = opened()
    image.draft("RGB", (1024, 1024))
    image = ImageOps.fit(ImageOps.exif_transpose(image), (512, 512), Image.Resampling.LANCZOS)
    return written(image, form, **options)


tasks = {
    "t1": lambda: [inside(720)],
    "t2": lambda: [avatar("JPEG", quality=80)],
    "t2-png": lambda: [avatar("PNG")],
    "t2-webp": lambda: [avatar("WEBP", quality=80)],
    "t3": lambda: [inside(1600), inside(800), inside(320)],
}
for _ in range(3):
    results = tasks[task]()
started = time.process_time()
for _ in range(int(count)):
    results = tasks[task]()
milliseconds = (time.process_time() - started) * 1000 / int(count)
for index, result in enumerate(results if directory else []):
    open(f"{directory[0]}/{task}-{index}", "wb").write(result)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"{milliseconds:.3f} {sum(map(len, results))} {memory}")
