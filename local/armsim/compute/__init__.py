"""Rules, defaults and views of Microsoft.Compute: managed images, galleries, scale sets."""
